import { useEffect, useState } from 'react'
import { startWebWorker } from '../../components/startWebWorker'
import parseWorker from './parseJobs.worker?worker&url'
import type { ParsedJobs } from './parseJobs'

/** The jobs in a text or file; undefined while parsing. */
export function useParsedJobs(input: Blob | undefined): ParsedJobs | undefined {
  const [parsed, setParsed] = useState<{ in: Blob; jobs: ParsedJobs }>()
  useEffect(() => {
    if (!input) return
    const worker = startWebWorker(parseWorker)
    worker.onmessage = ({ data }: MessageEvent<ParsedJobs>) => {
      setParsed({ in: input, jobs: data })
      worker.terminate()
    }
    worker.postMessage(input)
    return () => worker.terminate()
  }, [input])
  return parsed && parsed.in === input ? parsed.jobs : undefined
}
