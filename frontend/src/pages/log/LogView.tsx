import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type RefObject } from 'react'
import { Button, buttonLook } from '../../components/Button'
import { copy } from '../../components/copy'
import { useMessages } from '../../components/messages'
import { bytes, many, whole } from '../../components/numbers'
import { useKeys } from '../../shell/keyboard'
import { Lines } from './Lines'
import { useMarked } from './marked'
import type { Found, Frame, Match } from './protocol'
import type { Place } from './scroll'
import { finder } from './search'
import { outputUrl, useLog, type Log } from './useLog'

const WRAP = 'wrap'
const PRESSED = 'aria-pressed:bg-stone-200 dark:aria-pressed:bg-stone-700'

interface Props {
  id: string
  attempt: number
  running: boolean
  /** Whether it fills the window. */
  full: boolean
  setFull: (full: boolean) => void
}

/** The output of an attempt, as it is, and as it grows. */
export default function LogView({ id, attempt, running, full, setFull }: Props) {
  const log = useLog(id, attempt, running)
  const { frame, ask } = log
  const [marked, mark] = useMarked()
  const [place, go] = useState<Place>(() => (marked ? { kind: 'line', line: marked.from - 1 } : { kind: 'end' }))
  const [wrap, setWrap] = useState(() => localStorage.getItem(WRAP) !== 'no')
  const [words, setWords] = useState('')
  const pattern = useMemo(() => (words ? finder(words) : undefined), [words])
  const search = useRef<HTMLInputElement>(null)
  const topRef = useRef(0)

  const match = log.match?.words === words ? log.match : undefined
  const [arrivedAt, arrive] = useState(match)
  if (match !== arrivedAt) {
    arrive(match)
    if (match) go({ kind: 'line', line: match.line })
  }
  const [pointedAt, point] = useState(marked)
  if (marked !== pointedAt) {
    point(marked)
    if (marked && (marked.from <= frame.from || marked.from > frame.from + frame.rows.length))
      go({ kind: 'line', line: marked.from - 1 })
  }

  const nothing = frame.state === 'ended' && frame.bytes === 0
  const section = useRef<HTMLElement>(null)
  useEffect(() => {
    if (match ?? marked) section.current?.scrollIntoView({ block: 'nearest' })
  }, [match, marked])

  const toggleWrap = () => {
    localStorage.setItem(WRAP, wrap ? 'no' : 'yes')
    setWrap(!wrap)
  }
  const toggleEnd = () => go(place.kind === 'end' ? { kind: 'top', line: topRef.current } : { kind: 'end' })
  useKeys({ f: toggleEnd, w: toggleWrap, ...(full && { Escape: () => setFull(false) }) })

  const latest = useRef({ marked, mark })
  useEffect(() => {
    latest.current = { marked, mark }
  })
  const pick = useCallback((number: number, event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey) return
    event.preventDefault()
    const from = event.shiftKey ? (latest.current.marked?.from ?? number) : number
    latest.current.mark({ from: Math.min(from, number), to: Math.max(from, number) })
  }, [])

  const find = (wanted: string) => {
    setWords(wanted)
    ask({ kind: 'search', words: wanted, from: Math.floor(topRef.current) })
  }
  const searchKeys = (event: KeyboardEvent) => {
    if (event.key.toLowerCase() !== 'f' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    search.current?.select()
  }

  return (
    <section
      ref={section}
      aria-label="Output"
      onKeyDown={searchKeys}
      // A short output needs no tall box.
      style={full || nothing ? {} : { height: `clamp(14rem, ${frame.lines * 1.25 + 5}rem, 75vh)` }}
      className={`flex flex-col overflow-hidden border bg-white dark:bg-stone-900 ${full ? 'fixed inset-0 z-40' : 'rounded-xl'}`}
    >
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
        <Situation frame={frame} running={running} />
        <SearchBox
          field={search}
          words={words}
          find={find}
          found={log.found}
          match={match}
          next={(by) => {
            const { count } = log.found
            if (match && count > 0) ask({ kind: 'match', index: (match.index + by + count) % count })
          }}
        />
        <Button className={PRESSED} aria-pressed={place.kind === 'end'} title="f" onClick={toggleEnd}>
          {running ? (place.kind === 'end' ? 'Following' : 'Follow') : 'To the end'}
        </Button>
        <Button className={PRESSED} aria-pressed={wrap} title="w" onClick={toggleWrap}>
          Wrap
        </Button>
        <CopyLines log={log} from={marked ? marked.from - 1 : frame.first} to={marked ? marked.to - 1 : frame.lines - 1} />
        <a href={outputUrl(id, attempt)} download={`${id}-${attempt}.log`} className={buttonLook()}>
          Download
        </a>
        <Button className={PRESSED} aria-pressed={full} onClick={() => setFull(!full)}>
          {full ? 'Smaller' : 'Maximise'}
        </Button>
      </div>
      <Notes frame={frame} />
      <Lines
        label={`Output of attempt ${attempt}`}
        {...{ frame, ask, place, go, topRef, wrap, marked, pick, pattern, match }}
      />
    </section>
  )
}

function Situation({ frame: { state, bytes: size, lines }, running }: { frame: Frame; running: boolean }) {
  const [dot, text] = {
    loading: ['bg-stone-400', 'Loading…'],
    live: running ? ['bg-emerald-500', 'Live'] : ['bg-stone-400', 'Ending…'],
    ended: ['bg-stone-400', 'Complete'],
    lost: ['bg-amber-500 animate-pulse', 'Reconnecting…'],
    refused: ['bg-red-600', 'Not there'],
  }[state] as [string, string]
  return (
    <p className="muted mr-auto flex items-center gap-2 text-sm">
      <span role="status" data-log={state} className="flex items-center gap-2">
        <span className={`size-2 rounded-full ${dot}`} />
        {text}
      </span>
      <span className="tabular-nums">
        {many(lines, 'line')}, {bytes(size)}
      </span>
    </p>
  )
}

function Notes({ frame }: { frame: Frame }) {
  const note =
    frame.state === 'refused'
      ? frame.reason
      : frame.state === 'lost'
        ? 'The connection is lost: what you see may be old. It is read anew as soon as the API answers.'
        : frame.bytes === 0 && frame.state !== 'loading'
          ? frame.state === 'ended'
            ? 'It printed nothing.'
            : 'It has printed nothing so far.'
          : frame.first > 0
            ? `The first ${whole(frame.first)} lines are left out here, as the page keeps the last 256 MiB. Download has all.`
            : undefined
  return note && <p className={`border-b px-3 py-1.5 text-sm ${frame.bytes === 0 ? 'muted' : 'bg-amber-100 text-amber-950 dark:bg-amber-950 dark:text-amber-100'}`}>{note}</p>
}

interface SearchProps {
  field: RefObject<HTMLInputElement | null>
  words: string
  find: (words: string) => void
  found: Found
  match: Match | undefined
  next: (by: 1 | -1) => void
}

function SearchBox({ field, words, find, found, match, next }: SearchProps) {
  const upToDate = found.words === words
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') next(event.shiftKey ? -1 : 1)
    else if (event.key === 'Escape') {
      find('')
      event.currentTarget.closest('section')?.querySelector<HTMLElement>('[role=log]')?.focus()
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div role="search" className="flex items-center gap-1">
      <input
        ref={field}
        data-search
        type="search"
        aria-label="Search the output"
        placeholder="Search"
        value={words}
        onChange={(event) => find(event.target.value)}
        onKeyDown={onKeyDown}
        className="field w-36 py-1 text-xs sm:w-48"
      />
      <span role="status" className={`muted text-center text-xs tabular-nums ${words ? 'min-w-16' : ''}`}>
        {words && (upToDate ? `${match ? `${whole(match.index + 1)} of ` : ''}${whole(found.count)}${found.full ? '+' : ''}${found.done ? '' : '…'}` : '…')}
      </span>
      <Button kind="quiet" aria-label="Previous match" title="Shift Enter" disabled={found.count === 0} onClick={() => next(-1)}>
        ↑
      </Button>
      <Button kind="quiet" aria-label="Next match" title="Enter" disabled={found.count === 0} onClick={() => next(1)}>
        ↓
      </Button>
    </div>
  )
}

function CopyLines({ log, from, to }: { log: Log; from: number; to: number }) {
  const { tell } = useMessages()
  const onClick = async () => {
    const text = await log.text(from, to)
    if (text === null) tell('refused', 'That is more than the clipboard should hold: mark some lines by their numbers, or download it.')
    else if (await copy(text)) tell('done', `${many(to - from + 1, 'line')} copied`)
    else tell('refused', 'The browser does not allow it: mark the text, and press Ctrl+C.')
  }
  return (
    <Button disabled={to < from} onClick={() => void onClick()}>
      Copy
    </Button>
  )
}
