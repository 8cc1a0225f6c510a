import { useConfig } from '../../api/queries'
import { LoadingOrError } from '../../components/Placeholders'
import { CommandsRow } from './CommandsRow'
import { NumberRow } from './NumberRow'

/** Settings that apply immediately. */
export function General() {
  const { data, error, refetch } = useConfig()
  return (
    <>
      <p className="muted text-sm">Changes apply immediately, including to pending jobs.</p>
      <div className="card divide-y">
        {data ? (
          data.map((item) => (item.type === 'number' ? <NumberRow key={item.key} item={item} /> : <CommandsRow key={item.key} item={item} />))
        ) : (
          <LoadingOrError error={error} onRetry={() => void refetch()} />
        )}
      </div>
    </>
  )
}
