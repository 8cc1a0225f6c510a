import { Combobox, ComboboxItem, ComboboxPopover, ComboboxProvider } from '@ariakit/react/combobox'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api, ask } from '../api/client'
import { useQueues, useWorkers } from '../api/queries'
import { hints, parse, unfinished, type Key } from './query'
import { suggestions, taken, wordAt, type Suggestion } from './suggestions'

const PAUSE_MS = 250

interface Props {
  /** The search as it is; this box follows it when others change it. */
  text: string
  keys: Key[]
  label: string
  placeholder: string
  /** `typed`: while somebody types; else they have chosen, or pressed Enter. */
  change: (text: string, typed: boolean) => void
  focus?: boolean
}

/** Where one types a search; it knows what could come next. */
export function SearchBox({ text, keys, label, placeholder, change, focus = false }: Props) {
  const input = useRef<HTMLInputElement>(null)
  const [draft, setDraft] = useState({ typed: text, sent: text })
  const [caret, setCaret] = useState(text.length)
  const [open, setOpen] = useState(false)
  if (draft.sent !== text) setDraft({ typed: text, sent: text })
  const { typed } = draft
  const { word } = wordAt(typed, caret)
  const offered = suggestions(word, keys, useKnown(word))
  const shownHints = hints(parse(typed))

  const send = (now: string, chosen: boolean) => {
    const sent = now.trim()
    setDraft({ typed: now, sent })
    if (sent !== text) change(sent, !chosen)
  }
  const take = (suggestion: Suggestion) => {
    const next = taken(typed, caret, suggestion)
    setCaret(next.caret)
    if (unfinished(parse(next.text))) setDraft({ typed: next.text, sent: text })
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
    if (typed.trim() === text || unfinished(parse(typed))) return
    const timer = setTimeout(() => send(typed, false), PAUSE_MS)
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
        open={open && offered.length > 0}
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
            if (event.key === 'Escape' && !(open && offered.length > 0)) event.currentTarget.blur()
          }}
          onBlur={() => send(typed, false)}
          className="field w-full font-mono"
        />
        <ComboboxPopover
          gutter={4}
          sameWidth
          aria-label="What could come next"
          className="card z-40 max-h-[60vh] overflow-y-auto p-1 text-sm shadow-lg"
        >
          {offered.map((suggestion) => (
            <ComboboxItem
              key={suggestion.word}
              value={suggestion.word}
              setValueOnClick={false}
              hideOnClick={false}
              onClick={() => take(suggestion)}
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

/** What there is to choose from, for the word that is being typed. */
function useKnown(word: string) {
  const queues = useQueues().data ?? []
  const workers = useWorkers().data ?? []
  const prefix = /^tag:"?(.*)$/i.exec(word)?.[1] ?? word
  const tags = useQuery({
    queryKey: ['tags', prefix],
    queryFn: () => ask(api.GET('/api/tags', { params: { query: { prefix } } })),
    enabled: /^tag:/i.test(word) || /^[\w-]+$/.test(word),
    staleTime: 10_000,
  })
  return {
    queues: queues.map(({ name }) => name),
    workers: workers.map(({ id }) => id),
    tags: tags.data?.items ?? [],
  }
}
