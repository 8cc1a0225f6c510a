import { useEffect, useState } from 'react'
import type { Jobs } from './jobsIn'

/** The jobs in a text or file; undefined until it has been looked through. */
export function useJobsIn(given: Blob | undefined): Jobs | undefined {
  const [found, setFound] = useState<{ in: Blob; jobs: Jobs }>()
  useEffect(() => {
    if (!given) return
    const worker = new Worker(new URL('./jobs.worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }: MessageEvent<Jobs>) => {
      setFound({ in: given, jobs: data })
      worker.terminate()
    }
    worker.postMessage(given)
    return () => worker.terminate()
  }, [given])
  return found && found.in === given ? found.jobs : undefined
}
