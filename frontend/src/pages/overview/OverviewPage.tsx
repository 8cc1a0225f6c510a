import { Charts } from './Charts'
import { Counts } from './Counts'
import { RunningNow } from './RunningNow'

/** The overview: counts, charts, and running jobs. */
export default function OverviewPage() {
  return (
    <div className="space-y-6">
      <h1 className="sr-only">Overview</h1>
      <Counts />
      <Charts />
      <RunningNow />
    </div>
  )
}
