import { NextPage } from '../../components/NextPage'
import { formatNumber } from '../../components/numbers'
import { LoadingOrError } from '../../components/Placeholders'
import { useLocks } from './useLocks'

/** The locks in use; nothing if there are none. */
export function Locks() {
  const pages = useLocks()
  const { data, error, refetch } = pages
  const locks = data?.pages.flatMap(({ items }) => items) ?? []
  if (!error && locks.length === 0) return null
  return (
    <section aria-labelledby="locks" className="card overflow-x-auto">
      <h2 id="locks" className="border-b px-4 py-3 font-medium">
        Locks
      </h2>
      {data ? (
        <table className="w-full text-sm">
          <thead className="muted text-left text-xs">
            <tr>
              {['Key', 'Limit', 'Running', 'Waiting'].map((name) => (
                <th key={name} scope="col" className="px-4 py-2 font-medium">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y">
            {locks.map(({ key, limits, running, waiting }) => (
              <tr key={key} className="tabular-nums" data-lock={key}>
                <td className="px-4 py-2 font-mono break-all">{key}</td>
                <td className="px-4 py-2">{limits.map(formatNumber).join(', ')}</td>
                <td className="px-4 py-2">{formatNumber(running)}</td>
                <td className="px-4 py-2">{formatNumber(waiting)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <LoadingOrError error={error} onRetry={() => void refetch()} />
      )}
      <NextPage of={pages} loaded={locks.length} />
    </section>
  )
}
