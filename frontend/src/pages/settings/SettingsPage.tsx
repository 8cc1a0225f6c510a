import { useParams } from 'wouter'
import { useStatus } from '../../api/queries'
import { Empty } from '../../components/States'
import { Tab } from '../../components/Tab'
import { useMay, useSession } from '../../session/session'
import { General } from './General'
import { SigningIn } from './SigningIn'
import { Tokens } from './Tokens'

/** What can be changed while everything runs, who may sign in, and how. */
export default function SettingsPage() {
  const version = useStatus().data?.version
  const part = useParams<{ part?: string }>().part ?? ''
  const { authenticated } = useSession()
  const may = useMay()
  return (
    <div className="max-w-4xl space-y-4">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        <h1 className="text-lg font-semibold">Settings</h1>
        <nav aria-label="Parts of the settings" className="flex gap-1 text-sm">
          <Tab href="/settings" here={part === ''}>
            General
          </Tab>
          {may('admin') && (
            <Tab href="/settings/tokens" here={part === 'tokens'}>
              Tokens
            </Tab>
          )}
          {authenticated && (
            <Tab href="/settings/sign-in" here={part === 'sign-in'}>
              Signing in
            </Tab>
          )}
        </nav>
      </div>
      {part === 'tokens' ? (
        may('admin') ? (
          <Tokens />
        ) : (
          <Empty title="This needs an admin" />
        )
      ) : part === 'sign-in' && authenticated ? (
        <SigningIn />
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
