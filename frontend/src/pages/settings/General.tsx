import { useConfig } from '../../api/queries'
import { Awaited } from '../../components/States'
import { SettingRow } from './SettingRow'

/** What can be changed while everything runs. */
export function General() {
  const { data, error, refetch } = useConfig()
  return (
    <>
      <p className="muted text-sm">They count from the moment they are set, for jobs that wait as well.</p>
      <div className="card divide-y">
        {data ? data.map((item) => <SettingRow key={item.key} item={item} />) : <Awaited error={error} again={() => void refetch()} />}
      </div>
    </>
  )
}
