import { useConfig } from '../../api/queries'
import { Awaited } from '../../components/States'
import { CommandsRow } from './CommandsRow'
import { NumberRow } from './NumberRow'

/** What can be changed while everything runs. */
export function General() {
  const { data, error, refetch } = useConfig()
  return (
    <>
      <p className="muted text-sm">They count from the moment they are set, for jobs that wait as well.</p>
      <div className="card divide-y">
        {data ? (
          data.map((item) => (item.type === 'number' ? <NumberRow key={item.key} item={item} /> : <CommandsRow key={item.key} item={item} />))
        ) : (
          <Awaited error={error} again={() => void refetch()} />
        )}
      </div>
    </>
  )
}
