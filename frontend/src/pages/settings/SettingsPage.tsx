import { useConfig, useStatus } from '../../api/queries'
import { Awaited } from '../../components/States'
import { SettingRow } from './SettingRow'

/** What can be changed while everything runs. */
export default function SettingsPage() {
  const version = useStatus().data?.version
  const { data, error, refetch } = useConfig()
  return (
    <div className="max-w-4xl space-y-4">
      <div>
        <h1 className="text-lg font-semibold">Settings</h1>
        <p className="muted text-sm">They count from the moment they are set, for jobs that wait as well.</p>
      </div>
      <div className="card divide-y">
        {data ? (
          data.map((item) => <SettingRow key={item.key} item={item} />)
        ) : (
          <Awaited error={error} again={() => void refetch()} />
        )}
      </div>
      <p className="muted text-sm">
        QueueCTL {version} ·{' '}
        <a href="/api/docs" className="underline underline-offset-2">
          API
        </a>
      </p>
    </div>
  )
}
