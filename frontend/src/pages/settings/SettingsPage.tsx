import { useParams } from 'wouter'
import { useStatus } from '../../api/queries'
import { EmptyState } from '../../components/Placeholders'
import { Tab } from '../../components/Tab'
import { useHasRole, useSession } from '../../session/session'
import { General } from './General'
import { Sessions } from './Sessions'
import { Tokens } from './Tokens'

/** Settings, tokens and sessions. */
export default function SettingsPage() {
  const version = useStatus().data?.version
  const tab = useParams<{ tab?: string }>().tab ?? ''
  const { authenticated } = useSession()
  const hasRole = useHasRole()
  return (
    <div className="max-w-4xl space-y-4">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        <h1 className="text-lg font-semibold">Settings</h1>
        <nav aria-label="Settings sections" className="flex gap-1 text-sm">
          <Tab href="/settings" active={tab === ''}>
            General
          </Tab>
          {hasRole('admin') && (
            <Tab href="/settings/tokens" active={tab === 'tokens'}>
              Tokens
            </Tab>
          )}
          {authenticated && (
            <Tab href="/settings/sign-in" active={tab === 'sign-in'}>
              Sessions
            </Tab>
          )}
        </nav>
      </div>
      {tab === 'tokens' ? (
        hasRole('admin') ? (
          <Tokens />
        ) : (
          <EmptyState title="This page requires the admin role" />
        )
      ) : tab === 'sign-in' && authenticated ? (
        <Sessions />
      ) : (
        <General />
      )}
      <p className="muted text-sm">
        QueueCTL {version} ·{' '}
        <a href="/api/docs" className="underline underline-offset-2">
          API
        </a>
      </p>
    </div>
  )
}
