import { useEffect, useState } from 'react'
import { startWorker } from '../../components/startWorker'
import jobsWorker from './jobs.worker?worker&url'
import type { Jobs } from './jobsIn'

/** The jobs in a text or file; undefined until it has been looked through. */
export function useJobsIn(given: Blob | undefined): Jobs | undefined {
  const [found, setFound] = useState<{ in: Blob; jobs: Jobs }>()
  useEffect(() => {
    if (!given) return
    const worker = startWorker(jobsWorker)
    worker.onmessage = ({ data }: MessageEvent<Jobs>) => {
      setFound({ in: given, jobs: data })
      worker.terminate()
    }
    worker.postMessage(given)
    return () => worker.terminate()
  }, [given])
  return found && found.in === given ? found.jobs : undefined
}
