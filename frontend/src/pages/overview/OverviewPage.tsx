import { Charts } from './Charts'
import { Counts } from './Counts'
import { Running } from './Running'

/** What runs, how well, and how much waits. */
export default function OverviewPage() {
  return (
    <div className="space-y-6">
      <h1 className="sr-only">Overview</h1>
      <Counts />
      <Charts />
      <Running />
    </div>
  )
}
