import { lazy, Suspense, type ComponentType, type ReactNode } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { ErrorBoundary } from './components/ErrorBoundary'
import { importWithRetry } from './components/importWithRetry'
import { EmptyState, Loading } from './components/Placeholders'
import { SIGN_IN } from './session/redirectToSignIn'
import { roleWithArticle, useHasRole, useSession } from './session/session'
import { SessionProvider } from './session/SessionProvider'
import { pageAt } from './shell/pages'
import { Shell } from './shell/Shell'

// The code of each page is fetched on the first visit.
const lazyPage = (load: () => Promise<{ default: ComponentType }>) => lazy(() => importWithRetry(load))
const SignIn = lazyPage(() => import('./pages/sign-in/SignInPage'))
const Overview = lazyPage(() => import('./pages/overview/OverviewPage'))
const Jobs = lazyPage(() => import('./pages/jobs/JobsPage'))
const Job = lazyPage(() => import('./pages/job/JobPage'))
const Dead = lazyPage(() => import('./pages/dlq/DeadLettersPage'))
const Queues = lazyPage(() => import('./pages/queues/QueuesPage'))
const Schedules = lazyPage(() => import('./pages/schedules/SchedulesPage'))
const Schedule = lazyPage(() => import('./pages/schedules/SchedulePage'))
const Workers = lazyPage(() => import('./pages/workers/WorkersPage'))
const Audit = lazyPage(() => import('./pages/audit/AuditPage'))
const Settings = lazyPage(() => import('./pages/settings/SettingsPage'))
const Enqueue = lazyPage(() => import('./pages/enqueue/EnqueuePage'))

export function App() {
  const [path] = useLocation()
  if (path === SIGN_IN)
    return (
      <ErrorBoundary>
        <Suspense>
          <SignIn />
        </Suspense>
      </ErrorBoundary>
    )
  return (
    <SessionProvider>
      <Shell>
        <ErrorBoundary key={path}>
          <Suspense fallback={<Loading />}>
            <RequireRole path={path}>
              <Switch>
                <Route path="/" component={Overview} />
                <Route path="/jobs" component={Jobs} />
                <Route path="/jobs/:id" component={Job} />
                <Route path="/dlq" component={Dead} />
                <Route path="/queues" component={Queues} />
                <Route path="/schedules" component={Schedules} />
                <Route path="/schedules/:name" component={Schedule} />
                <Route path="/workers" component={Workers} />
                <Route path="/audit" component={Audit} />
                <Route path="/settings/:tab?" component={Settings} />
                <Route path="/enqueue" component={Enqueue} />
                <Route>
                  <h1 className="sr-only">Page not found</h1>
                  <EmptyState title="There is no page at this address">
                    <BackToOverview />
                  </EmptyState>
                </Route>
              </Switch>
            </RequireRole>
          </Suspense>
        </ErrorBoundary>
      </Shell>
    </SessionProvider>
  )
}

/** Shows the page at this path, or which role it requires. */
function RequireRole({ path, children }: { path: string; children: ReactNode }) {
  const session = useSession()
  const hasRole = useHasRole()
  const page = pageAt(path)
  if (!page || hasRole(page.role)) return children
  return (
    <>
      <h1 className="sr-only">{page.name}</h1>
      <EmptyState title={`This page requires the ${page.role} role`}>
        <p>
          You are signed in as {session.name}, {roleWithArticle(session.role)}.
        </p>
        <BackToOverview />
      </EmptyState>
    </>
  )
}

const BackToOverview = () => (
  <Link href="/" className="underline">
    Back to the overview
  </Link>
)
