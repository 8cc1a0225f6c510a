import { STATES } from '../api/client'
import { KEYS, formatTerm, type TimeField, type Key } from './query'

/** Values that can be suggested. */
export interface Candidates {
  queues: string[]
  workers: string[]
  tags: string[]
}

export interface Suggestion {
  /** The completed term. */
  word: string
  hint: string
}

const MAX_SHOWN = 10
const DURATIONS = ['15m', '1h', '6h', '24h', '7d', '30d']
const UNITS: [string, string][] = [
  ['m', 'minutes'],
  ['h', 'hours'],
  ['d', 'days'],
]

/** The word at the caret. */
export function wordAt(text: string, caret: number): { start: number; end: number; word: string } {
  const start = caret - (/(?:[^\s"]|"(?:\\.|[^"\\])*"?)*$/.exec(text.slice(0, caret))?.[0].length ?? 0)
  const end = caret + (/^\S*/.exec(text.slice(caret))?.[0].length ?? 0)
  return { start, end, word: text.slice(start, caret) }
}

/** Completions of the word at the caret, restricted to `keys`. */
export function suggestions(word: string, keys: Key[], candidates: Candidates, timeField: TimeField): Suggestion[] {
  const [, name, typed] = /^([a-z]+):(.*)$/i.exec(word) ?? []
  const key = keys.find((each) => each === name?.toLowerCase())
  if (key) return valuesOf(key, typed ?? '', candidates, timeField).slice(0, MAX_SHOWN)
  if (name !== undefined) return []
  const named = keys.filter((each) => each.startsWith(word.toLowerCase()))
  const found = word === '' ? [] : keys.flatMap((each) => (isBare(each) ? valuesOf(each, word, candidates, timeField) : []))
  return [...named.map((each) => ({ word: `${each}:`, hint: isPageTime(each) ? `${timeField} ${KEYS[each]}` : KEYS[each] })), ...found].slice(0, MAX_SHOWN)
}

const isPageTime = (key: Key) => key === 'since' || key === 'until'
const isBare = (key: Key) => key === 'state' || key === 'queue' || key === 'tag'

function valuesOf(key: Key, typed: string, { queues, workers, tags }: Candidates, timeField: TimeField): Suggestion[] {
  if (key === 'state') return statesAfter(typed)
  if (isPageTime(key)) return durations(key, typed, `${timeField} ${key === 'since' ? 'in' : 'before'} the last`)
  if (key === 'enqueued' || key === 'finished' || key === 'died') return durations(key, typed, `${key} in the last`)
  const values = { queue: queues, worker: workers, tag: tags }[key as string] ?? []
  const prefix = typed.replace(/^"/, '').toLowerCase()
  return values
    .filter((value) => value.toLowerCase().startsWith(prefix))
    .map((value) => ({ word: formatTerm(key, value), hint: key }))
}

/** States can be combined with commas; the last one is being typed. */
function statesAfter(typed: string): Suggestion[] {
  const named = typed.split(',')
  const prefix = named.pop()?.toLowerCase() ?? ''
  return STATES.filter((state) => state.startsWith(prefix) && !named.includes(state)).map((state) => ({
    word: formatTerm('state', [...named, state].join(',')),
    hint: 'state',
  }))
}

function durations(key: Key, typed: string, meaning: string): Suggestion[] {
  const number = /^(\d+)[mhd]?$/.exec(typed)?.[1]
  const offered = number === undefined ? DURATIONS.filter((each) => each.startsWith(typed)) : UNITS.map(([unit]) => number + unit)
  return offered
    .filter((each) => each.startsWith(typed))
    .map((each) => ({
      word: `${key}:${each}`,
      hint: `${meaning} ${each.slice(0, -1)} ${UNITS.find(([unit]) => each.endsWith(unit))?.[1] ?? ''}`,
    }))
}

/** The text and caret after accepting a suggestion. */
export function acceptSuggestion(text: string, caret: number, { word }: Suggestion): { text: string; caret: number } {
  const { start, end } = wordAt(text, caret)
  const rest = text.slice(end)
  // A key is followed by its value, a value by the next term.
  const put = word.endsWith(':') || rest.startsWith(' ') ? word : `${word} `
  return { text: text.slice(0, start) + put + rest, caret: start + put.length }
}
