import type { InfiniteData } from '@tanstack/react-query'
import type { Job, JobPage } from './client'

type Pages = InfiniteData<JobPage> | undefined

/** A job that changed, as the event stream tells it. */
export interface Change {
  id: string
  state: Job['state'] | 'deleted'
  attempts?: number
  cancelling?: boolean
}

/** The pages without one job. */
export function withoutJob(pages: Pages, id: string): Pages {
  return mapped(pages, (jobs) => (jobs.some((job) => job.id === id) ? jobs.filter((job) => job.id !== id) : jobs))
}

/** The pages with what the changes tell of the jobs on them, until they are fetched anew. */
export function withChanges(pages: Pages, changes: Change[]): Pages {
  const newest = new Map(changes.map((change) => [change.id, change]))
  return mapped(pages, (jobs) =>
    jobs.some((job) => newest.has(job.id)) ? jobs.flatMap((job) => changed(job, newest.get(job.id))) : jobs,
  )
}

function changed(job: Job, change: Change | undefined): Job[] {
  if (!change) return [job]
  const { state } = change
  if (state === 'deleted') return []
  return [
    {
      ...job,
      state,
      attempts: change.attempts ?? job.attempts,
      cancelling: change.cancelling ?? false,
    },
  ]
}

/** Pages that nothing was changed on stay the same objects, so that nothing is drawn anew for them. */
function mapped(pages: Pages, map: (jobs: Job[]) => Job[]): Pages {
  if (!pages) return pages
  const mappedPages = pages.pages.map((page) => {
    const items = map(page.items)
    return items === page.items ? page : { ...page, items }
  })
  return mappedPages.every((page, index) => page === pages.pages[index]) ? pages : { ...pages, pages: mappedPages }
}
