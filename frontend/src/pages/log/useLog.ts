import { useEffect, useState } from 'react'
import { KEPT, NO_LINES, withOutput, type Lines } from './lines'

export interface Log {
  lines: Lines
  state: 'reading' | 'ended' | 'broken'
  reason: string
}

const START: Log = { lines: NO_LINES, state: 'reading', reason: '' }

/** The end of a job's output, and all that comes while it is looked at. `attempt`: one of them; else the latest. */
export function useLog(id: string, attempt: number | undefined): Log {
  const [log, setLog] = useState(START)
  useEffect(() => {
    const stop = new AbortController()
    let lines = NO_LINES
    let drawn = 0
    const draw = () => {
      drawn = 0
      setLog((now) => ({ ...now, lines }))
    }
    read(id, attempt, stop.signal, (text) => {
      lines = withOutput(lines, text)
      drawn ||= requestAnimationFrame(draw)
    })
      .then(() => setLog({ lines, state: 'ended', reason: '' }))
      .catch((fault: unknown) => {
        if (!stop.signal.aborted) setLog({ lines, state: 'broken', reason: (fault as Error).message })
      })
    return () => {
      stop.abort()
      cancelAnimationFrame(drawn)
    }
  }, [id, attempt])
  return log
}

async function read(id: string, attempt: number | undefined, signal: AbortSignal, take: (text: string) => void) {
  const query = new URLSearchParams({ follow: 'true', tail: String(KEPT) })
  if (attempt !== undefined) query.set('attempt', String(attempt))
  const response = await fetch(`/api/logs/${encodeURIComponent(id)}?${query}`, { signal })
  if (!response.ok || !response.body) {
    const problem = (await response.json().catch(() => ({}))) as { detail?: string }
    throw new Error(problem.detail ?? `the API answered ${response.status}`)
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    take(value)
  }
}
