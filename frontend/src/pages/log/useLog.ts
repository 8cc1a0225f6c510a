import { useCallback, useEffect, useRef, useState } from 'react'
import { startWebWorker } from '../../components/startWebWorker'
import { redirectToSignIn } from '../../session/redirectToSignIn'
import logWorker from './log.worker?worker&url'
import type { LogRequest, Found, Frame, Match, LogMessage } from './protocol'

const EMPTY_FRAME: Frame = { state: 'loading', reason: '', bytes: 0, lines: 0, first: 0, from: 0, rows: [] }
const NOT_SEARCHED: Found = { words: '', count: 0, full: false, done: true }
const MAX_COPY_BYTES = 10_000_000

export interface Log {
  frame: Frame
  found: Found
  match: Match | undefined
  send: (request: LogRequest) => void
  /** The text of lines; null if it is too large. */
  text: (from: number, to: number) => Promise<string | null>
}

export const outputUrl = (id: string, attempt: number) => `/api/logs/${encodeURIComponent(id)}?attempt=${attempt}`

/** The output of an attempt, held by a web worker. `running`: more may follow. */
export function useLog(id: string, attempt: number, running: boolean): Log {
  const worker = useRef<Worker>(undefined)
  const texts = useRef<((text: string | null) => void)[]>([])
  const [frame, setFrame] = useState(EMPTY_FRAME)
  const [found, setFound] = useState(NOT_SEARCHED)
  const [match, setMatch] = useState<Match>()
  const send = useCallback((request: LogRequest) => worker.current?.postMessage(request), [])

  useEffect(() => {
    const reader = startWebWorker(logWorker)
    reader.onmessage = ({ data }: MessageEvent<LogMessage>) => {
      if (data.kind === 'frame') setFrame(data.frame)
      else if (data.kind === 'found') setFound(data.found)
      else if (data.kind === 'match') setMatch(data.match)
      else if (data.kind === 'text') texts.current.shift()?.(data.text)
      else redirectToSignIn()
    }
    reader.postMessage({ kind: 'open', url: `${outputUrl(id, attempt)}&follow=true`, running: true } satisfies LogRequest)
    worker.current = reader
    return () => reader.terminate()
  }, [id, attempt])

  useEffect(() => {
    const sendStatus = () => send({ kind: 'status', running, visible: !document.hidden })
    sendStatus()
    document.addEventListener('visibilitychange', sendStatus)
    return () => document.removeEventListener('visibilitychange', sendStatus)
  }, [send, running])

  useEffect(() => {
    if (frame !== EMPTY_FRAME) send({ kind: 'drawn' })
  }, [send, frame])

  const text = useCallback(
    (from: number, to: number) =>
      new Promise<string | null>((resolve) => {
        texts.current.push(resolve)
        send({ kind: 'text', from, to, maxBytes: MAX_COPY_BYTES })
      }),
    [send],
  )
  return { frame, found, match, send, text }
}
