import { lazy, Suspense, type ComponentType, type ReactNode } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { Boundary } from './components/Boundary'
import { Empty, Loading } from './components/States'
import { SIGN_IN } from './session/leave'
import { aRole, useMay, useSession } from './session/session'
import { SessionProvider } from './session/SessionProvider'
import { placeOf } from './shell/places'
import { Shell } from './shell/Shell'

// Each page is fetched when somebody first goes there.
const page = (load: () => Promise<{ default: ComponentType }>) => lazy(load)
const SignIn = page(() => import('./pages/sign-in/SignInPage'))
const Overview = page(() => import('./pages/overview/OverviewPage'))
const Jobs = page(() => import('./pages/jobs/JobsPage'))
const Job = page(() => import('./pages/job/JobPage'))
const Dead = page(() => import('./pages/dlq/DeadPage'))
const Queues = page(() => import('./pages/queues/QueuesPage'))
const Workers = page(() => import('./pages/workers/WorkersPage'))
const Audit = page(() => import('./pages/audit/AuditPage'))
const Settings = page(() => import('./pages/settings/SettingsPage'))
const Enqueue = page(() => import('./pages/enqueue/EnqueuePage'))

export function App() {
  const [path] = useLocation()
  if (path === SIGN_IN)
    return (
      <Boundary>
        <Suspense>
          <SignIn />
        </Suspense>
      </Boundary>
    )
  return (
    <SessionProvider>
      <Shell>
        <Boundary key={path}>
          <Suspense fallback={<Loading />}>
            <ForWhoMay path={path}>
              <Switch>
                <Route path="/" component={Overview} />
                <Route path="/jobs" component={Jobs} />
                <Route path="/jobs/:id" component={Job} />
                <Route path="/dlq" component={Dead} />
                <Route path="/queues" component={Queues} />
                <Route path="/workers" component={Workers} />
                <Route path="/audit" component={Audit} />
                <Route path="/settings/:part?" component={Settings} />
                <Route path="/enqueue" component={Enqueue} />
                <Route>
                  <h1 className="sr-only">Nowhere</h1>
                  <Empty title="There is no such page">
                    <ToTheOverview />
                  </Empty>
                </Route>
              </Switch>
            </ForWhoMay>
          </Suspense>
        </Boundary>
      </Shell>
    </SessionProvider>
  )
}

/** The page at an address, or why it is not shown. */
function ForWhoMay({ path, children }: { path: string; children: ReactNode }) {
  const session = useSession()
  const may = useMay()
  const place = placeOf(path)
  if (!place || may(place.needs)) return children
  return (
    <>
      <h1 className="sr-only">{place.name}</h1>
      <Empty title={`This needs ${aRole(place.needs)}`}>
        <p>
          {session.name} is {aRole(session.role)}.
        </p>
        <ToTheOverview />
      </Empty>
    </>
  )
}

const ToTheOverview = () => (
  <Link href="/" className="underline">
    To the overview
  </Link>
)
