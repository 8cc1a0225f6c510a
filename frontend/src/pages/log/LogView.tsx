import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type RefObject } from 'react'
import { Button, buttonClass } from '../../components/Button'
import { copyToClipboard } from '../../components/clipboard'
import { useToast } from '../../components/toast'
import { formatBytes, plural, formatNumber } from '../../components/numbers'
import { useShortcuts } from '../../shell/shortcuts'
import { Lines } from './Lines'
import { useLineRange } from './lineRange'
import type { Found, Frame, Match } from './protocol'
import type { ScrollTarget } from './scroll'
import { searchPattern } from './search'
import { outputUrl, useLog, type Log } from './useLog'

const WRAP_KEY = 'wrap'
const PRESSED_CLASS = 'aria-pressed:bg-stone-200 dark:aria-pressed:bg-stone-700'

interface Props {
  id: string
  attempt: number
  running: boolean
  /** Whether it fills the window. */
  full: boolean
  setFull: (full: boolean) => void
}

/** The output of an attempt, which may still grow. */
export default function LogView({ id, attempt, running, full, setFull }: Props) {
  const log = useLog(id, attempt, running)
  const { frame, send } = log
  const [selected, select] = useLineRange()
  const [scrollTarget, scrollTo] = useState<ScrollTarget>(() => (selected ? { kind: 'line', line: selected.from - 1 } : { kind: 'end' }))
  const [wrap, setWrap] = useState(() => localStorage.getItem(WRAP_KEY) !== 'no')
  const [words, setWords] = useState('')
  const pattern = useMemo(() => (words ? searchPattern(words) : undefined), [words])
  const search = useRef<HTMLInputElement>(null)
  const topRef = useRef(0)

  const match = log.match?.words === words ? log.match : undefined
  const [shownMatch, setShownMatch] = useState(match)
  if (match !== shownMatch) {
    setShownMatch(match)
    if (match) scrollTo({ kind: 'line', line: match.line })
  }
  const [shownSelection, setShownSelection] = useState(selected)
  if (selected !== shownSelection) {
    setShownSelection(selected)
    if (selected && (selected.from <= frame.from || selected.from > frame.from + frame.rows.length))
      scrollTo({ kind: 'line', line: selected.from - 1 })
  }

  const isEmpty = frame.state === 'ended' && frame.bytes === 0
  const section = useRef<HTMLElement>(null)
  useEffect(() => {
    if (match ?? selected) section.current?.scrollIntoView({ block: 'nearest' })
  }, [match, selected])

  const toggleWrap = () => {
    localStorage.setItem(WRAP_KEY, wrap ? 'no' : 'yes')
    setWrap(!wrap)
  }
  const toggleEnd = () => scrollTo(scrollTarget.kind === 'end' ? { kind: 'top', line: topRef.current } : { kind: 'end' })
  useShortcuts({ f: toggleEnd, w: toggleWrap, ...(full && { Escape: () => setFull(false) }) })

  const latest = useRef({ selected, select })
  useEffect(() => {
    latest.current = { selected, select }
  })
  const onSelect = useCallback((number: number, event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey) return
    event.preventDefault()
    const from = event.shiftKey ? (latest.current.selected?.from ?? number) : number
    latest.current.select({ from: Math.min(from, number), to: Math.max(from, number) })
  }, [])

  const onSearch = (text: string) => {
    setWords(text)
    send({ kind: 'search', words: text, from: Math.floor(topRef.current) })
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
      // A short output gets a short box.
      style={full || isEmpty ? {} : { height: `clamp(14rem, ${frame.lines * 1.25 + 5}rem, 75vh)` }}
      className={`flex flex-col overflow-hidden border bg-white dark:bg-stone-900 ${full ? 'fixed inset-0 z-40' : 'rounded-xl'}`}
    >
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
        <StatusLine frame={frame} running={running} />
        <SearchBox
          field={search}
          words={words}
          onSearch={onSearch}
          found={log.found}
          match={match}
          onStep={(by) => {
            const { count } = log.found
            if (match && count > 0) send({ kind: 'match', index: (match.index + by + count) % count })
          }}
        />
        <Button className={PRESSED_CLASS} aria-pressed={scrollTarget.kind === 'end'} title="f" onClick={toggleEnd}>
          {running ? (scrollTarget.kind === 'end' ? 'Following' : 'Follow') : 'Go to end'}
        </Button>
        <Button className={PRESSED_CLASS} aria-pressed={wrap} title="w" onClick={toggleWrap}>
          Wrap
        </Button>
        <CopyLines log={log} from={selected ? selected.from - 1 : frame.first} to={selected ? selected.to - 1 : frame.lines - 1} />
        <a href={outputUrl(id, attempt)} download={`${id}-${attempt}.log`} className={buttonClass()}>
          Download
        </a>
        <Button className={PRESSED_CLASS} aria-pressed={full} onClick={() => setFull(!full)}>
          {full ? 'Restore' : 'Maximise'}
        </Button>
      </div>
      <Notice frame={frame} />
      <Lines
        label={`Output of attempt ${attempt}`}
        {...{ frame, send, scrollTarget, scrollTo, topRef, wrap, selected, onSelect, pattern, match }}
      />
    </section>
  )
}

function StatusLine({ frame: { state, bytes: size, lines }, running }: { frame: Frame; running: boolean }) {
  const [dot, text] = {
    loading: ['bg-stone-400', 'Loading…'],
    live: running ? ['bg-emerald-500', 'Live'] : ['bg-stone-400', 'Finishing…'],
    ended: ['bg-stone-400', 'Complete'],
    lost: ['bg-amber-500 animate-pulse', 'Reconnecting…'],
    unavailable: ['bg-red-600', 'Not available'],
  }[state] as [string, string]
  return (
    <p className="muted mr-auto flex items-center gap-2 text-sm">
      <span role="status" data-log={state} className="flex items-center gap-2">
        <span className={`size-2 rounded-full ${dot}`} />
        {text}
      </span>
      <span className="tabular-nums">
        {plural(lines, 'line')}, {formatBytes(size)}
      </span>
    </p>
  )
}

function Notice({ frame }: { frame: Frame }) {
  const note =
    frame.state === 'unavailable'
      ? frame.reason
      : frame.state === 'lost'
        ? 'Connection lost. The output may be outdated; it reloads when the API responds again.'
        : frame.bytes === 0 && frame.state !== 'loading'
          ? frame.state === 'ended'
            ? 'No output.'
            : 'No output yet.'
          : frame.first > 0
            ? `The first ${formatNumber(frame.first)} lines are not shown, because the page keeps only the last 256 MiB. Download the output to see all of it.`
            : undefined
  return note && <p className={`border-b px-3 py-1.5 text-sm ${frame.bytes === 0 ? 'muted' : 'bg-amber-100 text-amber-950 dark:bg-amber-950 dark:text-amber-100'}`}>{note}</p>
}

interface SearchProps {
  field: RefObject<HTMLInputElement | null>
  words: string
  onSearch: (words: string) => void
  found: Found
  match: Match | undefined
  onStep: (by: 1 | -1) => void
}

function SearchBox({ field, words, onSearch, found, match, onStep }: SearchProps) {
  const upToDate = found.words === words
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') onStep(event.shiftKey ? -1 : 1)
    else if (event.key === 'Escape') {
      onSearch('')
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
        onChange={(event) => onSearch(event.target.value)}
        onKeyDown={onKeyDown}
        className="field w-36 py-1 text-xs sm:w-48"
      />
      <span role="status" className={`muted text-center text-xs tabular-nums ${words ? 'min-w-16' : ''}`}>
        {words && (upToDate ? `${match ? `${formatNumber(match.index + 1)} of ` : ''}${formatNumber(found.count)}${found.full ? '+' : ''}${found.done ? '' : '…'}` : '…')}
      </span>
      <Button variant="ghost" aria-label="Previous match" title="Shift Enter" disabled={found.count === 0} onClick={() => onStep(-1)}>
        ↑
      </Button>
      <Button variant="ghost" aria-label="Next match" title="Enter" disabled={found.count === 0} onClick={() => onStep(1)}>
        ↓
      </Button>
    </div>
  )
}

function CopyLines({ log, from, to }: { log: Log; from: number; to: number }) {
  const { showToast } = useToast()
  const onClick = async () => {
    const text = await log.text(from, to)
    if (text === null) showToast('error', 'The output is too large for the clipboard. Select lines by their numbers, or download it.')
    else if (await copyToClipboard(text)) showToast('success', `${plural(to - from + 1, 'line')} copied`)
    else showToast('error', 'The browser does not allow copying. Select the text and press Ctrl+C.')
  }
  return (
    <Button disabled={to < from} onClick={() => void onClick()}>
      Copy
    </Button>
  )
}
