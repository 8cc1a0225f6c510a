import { useLive } from './api/live'
import { Connection } from './components/Connection'
import { JobsPage } from './pages/jobs/JobsPage'
import { LogDrawer } from './pages/log/LogDrawer'
import { Status } from './pages/jobs/Status'
import { useView } from './view'

export function App() {
  const connection = useLive()
  const [view, setView] = useView()
  return (
    <div className="mx-auto max-w-7xl px-4 pb-16 sm:px-6">
      <header className="flex items-center justify-between py-4">
        <h1 className="flex items-center gap-2.5 text-lg font-semibold tracking-tight">
          <img src="/icon.svg" alt="" className="size-7" />
          QueueCTL
        </h1>
        <Connection state={connection} />
      </header>
      <main className="space-y-6">
        <Status fresh={connection === 'live'} view={view} setView={setView} />
        <JobsPage view={view} setView={setView} />
      </main>
      {view.log !== '' && (
        <LogDrawer key={view.log} id={view.log} close={() => setView({ log: '' })} />
      )}
    </div>
  )
}
