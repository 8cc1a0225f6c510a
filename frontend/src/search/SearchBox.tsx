import { Combobox, ComboboxItem, ComboboxPopover, ComboboxProvider } from '@ariakit/react/combobox'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api, unwrap } from '../api/client'
import { useQueues, useWorkers } from '../api/queries'
import { hints, parse, isIncomplete, type TimeField, type Key } from './query'
import { suggestions, acceptSuggestion, wordAt, type Suggestion } from './suggestions'

const DEBOUNCE_MS = 250

interface Props {
  /** The current search; the box follows changes from elsewhere. */
  text: string
  keys: Key[]
  timeField: TimeField
  label: string
  placeholder: string
  /** `typed`: the user is typing; otherwise they chose a suggestion or pressed Enter. */
  onChange: (text: string, typed: boolean) => void
  focus?: boolean
}

/** A search box with completion. */
export function SearchBox({ text, keys, timeField, label, placeholder, onChange, focus = false }: Props) {
  const input = useRef<HTMLInputElement>(null)
  const [draft, setDraft] = useState({ typed: text, sent: text })
  const [caret, setCaret] = useState(text.length)
  const [open, setOpen] = useState(false)
  if (draft.sent !== text) setDraft({ typed: text, sent: text })
  const { typed } = draft
  const { word } = wordAt(typed, caret)
  const options = suggestions(word, keys, useCandidates(word), timeField)
  const shownHints = hints(parse(typed))

  const send = (now: string, chosen: boolean) => {
    const sent = now.trim()
    setDraft({ typed: now, sent })
    if (sent !== text) onChange(sent, !chosen)
  }
  const accept = (suggestion: Suggestion) => {
    const next = acceptSuggestion(typed, caret, suggestion)
    setCaret(next.caret)
    if (isIncomplete(parse(next.text))) setDraft({ typed: next.text, sent: text })
    else send(next.text, true)
    requestAnimationFrame(() => {
      input.current?.focus()
      input.current?.setSelectionRange(next.caret, next.caret)
      setOpen(suggestion.word.endsWith(':'))
    })
  }

  useEffect(() => {
    if (focus) input.current?.focus()
  }, [focus])
  useEffect(() => {
    if (typed.trim() === text || isIncomplete(parse(typed))) return
    const timer = setTimeout(() => send(typed, false), DEBOUNCE_MS)
    return () => clearTimeout(timer)
  })

  return (
    <form
      role="search"
      className="min-w-0 flex-1"
      onSubmit={(event) => {
        event.preventDefault()
        setOpen(false)
        send(typed, true)
        input.current?.blur()
      }}
    >
      <ComboboxProvider
        open={open && options.length > 0}
        setOpen={setOpen}
        inputValue={typed}
        setInputValue={(value) => setDraft({ ...draft, typed: value })}
      >
        <Combobox
          ref={input}
          data-search=""
          aria-label={label}
          aria-describedby={shownHints.length > 0 ? 'search-hints' : undefined}
          placeholder={placeholder}
          spellCheck={false}
          autoCapitalize="off"
          onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? typed.length)}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && !(open && options.length > 0)) event.currentTarget.blur()
          }}
          onBlur={() => send(typed, false)}
          className="field w-full font-mono"
        />
        <ComboboxPopover
          gutter={4}
          sameWidth
          aria-label="Suggestions"
          className="card z-40 max-h-[60vh] overflow-y-auto p-1 text-sm shadow-lg"
        >
          {options.map((suggestion) => (
            <ComboboxItem
              key={suggestion.word}
              value={suggestion.word}
              setValueOnClick={false}
              hideOnClick={false}
              onClick={() => accept(suggestion)}
              className="flex items-baseline justify-between gap-4 rounded-md px-2.5 py-1.5 data-active-item:bg-indigo-600 data-active-item:text-white"
            >
              <span className="truncate font-mono">{suggestion.word}</span>
              <span className="truncate text-xs opacity-80">{suggestion.hint}</span>
            </ComboboxItem>
          ))}
        </ComboboxPopover>
      </ComboboxProvider>
      {shownHints.length > 0 && (
        <p id="search-hints" role="status" className="mt-1 text-xs text-amber-800 dark:text-amber-300">
          {shownHints.join(' ')}
        </p>
      )}
    </form>
  )
}

/** Candidates for completing the current word. */
function useCandidates(word: string) {
  const queues = useQueues().data ?? []
  const workers = useWorkers().data ?? []
  const prefix = /^tag:"?(.*)$/i.exec(word)?.[1] ?? word
  const tags = useQuery({
    queryKey: ['tags', prefix],
    queryFn: () => unwrap(api.GET('/api/tags', { params: { query: { prefix } } })),
    enabled: /^tag:/i.test(word) || /^[\w-]+$/.test(word),
    staleTime: 10_000,
  })
  return {
    queues: queues.map(({ name }) => name),
    workers: workers.map(({ id }) => id),
    tags: tags.data?.items ?? [],
  }
}
