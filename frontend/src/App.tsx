import { lazy, Suspense, type ComponentType } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { Boundary } from './components/Boundary'
import { Empty, Loading } from './components/States'
import { Shell } from './shell/Shell'

// Each page is fetched when somebody first goes there.
const page = (load: () => Promise<{ default: ComponentType }>) => lazy(load)
const Overview = page(() => import('./pages/overview/OverviewPage'))
const Jobs = page(() => import('./pages/jobs/JobsPage'))
const Job = page(() => import('./pages/job/JobPage'))
const Dead = page(() => import('./pages/dlq/DeadPage'))
const Queues = page(() => import('./pages/queues/QueuesPage'))
const Workers = page(() => import('./pages/workers/WorkersPage'))
const Settings = page(() => import('./pages/settings/SettingsPage'))
const Enqueue = page(() => import('./pages/enqueue/EnqueuePage'))

export function App() {
  const [path] = useLocation()
  return (
    <Shell>
      <Boundary key={path}>
        <Suspense fallback={<Loading />}>
          <Switch>
            <Route path="/" component={Overview} />
            <Route path="/jobs" component={Jobs} />
            <Route path="/jobs/:id" component={Job} />
            <Route path="/dlq" component={Dead} />
            <Route path="/queues" component={Queues} />
            <Route path="/workers" component={Workers} />
            <Route path="/settings" component={Settings} />
            <Route path="/enqueue" component={Enqueue} />
            <Route>
              <h1 className="sr-only">Nowhere</h1>
              <Empty title="There is no such page">
                <Link href="/" className="underline">
                  To the overview
                </Link>
              </Empty>
            </Route>
          </Switch>
        </Suspense>
      </Boundary>
    </Shell>
  )
}
