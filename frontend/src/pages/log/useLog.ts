import { useCallback, useEffect, useRef, useState } from 'react'
import { startWorker } from '../../components/startWorker'
import { leave } from '../../session/leave'
import logWorker from './log.worker?worker&url'
import type { Ask, Found, Frame, Match, Tell } from './protocol'

const NOTHING: Frame = { state: 'loading', reason: '', bytes: 0, lines: 0, first: 0, from: 0, rows: [] }
const NOT_SEARCHED: Found = { words: '', count: 0, full: false, done: true }
const LARGEST_COPY = 10_000_000

export interface Log {
  frame: Frame
  found: Found
  match: Match | undefined
  ask: (question: Ask) => void
  /** The text of lines; null where it is too large. */
  text: (from: number, to: number) => Promise<string | null>
}

export const outputUrl = (id: string, attempt: number) => `/api/logs/${encodeURIComponent(id)}?attempt=${attempt}`

/** An attempt's output, kept by a worker of the browser. `running`: more may come. */
export function useLog(id: string, attempt: number, running: boolean): Log {
  const worker = useRef<Worker>(undefined)
  const texts = useRef<((text: string | null) => void)[]>([])
  const [frame, setFrame] = useState(NOTHING)
  const [found, setFound] = useState(NOT_SEARCHED)
  const [match, setMatch] = useState<Match>()
  const ask = useCallback((question: Ask) => worker.current?.postMessage(question), [])

  useEffect(() => {
    const reader = startWorker(logWorker)
    reader.onmessage = ({ data }: MessageEvent<Tell>) => {
      if (data.kind === 'frame') setFrame(data.frame)
      else if (data.kind === 'found') setFound(data.found)
      else if (data.kind === 'match') setMatch(data.match)
      else if (data.kind === 'text') texts.current.shift()?.(data.text)
      else leave()
    }
    reader.postMessage({ kind: 'open', url: `${outputUrl(id, attempt)}&follow=true`, running: true } satisfies Ask)
    worker.current = reader
    return () => reader.terminate()
  }, [id, attempt])

  useEffect(() => {
    const situation = () => ask({ kind: 'situation', running, seen: !document.hidden })
    situation()
    document.addEventListener('visibilitychange', situation)
    return () => document.removeEventListener('visibilitychange', situation)
  }, [ask, running])

  useEffect(() => {
    if (frame !== NOTHING) ask({ kind: 'drawn' })
  }, [ask, frame])

  const text = useCallback(
    (from: number, to: number) =>
      new Promise<string | null>((resolve) => {
        texts.current.push(resolve)
        ask({ kind: 'text', from, to, most: LARGEST_COPY })
      }),
    [ask],
  )
  return { frame, found, match, ask, text }
}
