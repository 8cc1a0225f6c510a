import { STATES } from '../api/client'
import { KEYS, written, type Key } from './query'

/** What there is to choose from. */
export interface Known {
  queues: string[]
  workers: string[]
  tags: string[]
}

export interface Suggestion {
  /** What the word becomes. */
  word: string
  hint: string
}

const MOST = 10
const DURATIONS = ['15m', '1h', '6h', '24h', '7d', '30d']
const UNITS: [string, string][] = [
  ['m', 'minutes'],
  ['h', 'hours'],
  ['d', 'days'],
]

/** The word in which, or after which, the caret stands. */
export function wordAt(text: string, caret: number): { start: number; end: number; word: string } {
  const start = caret - (/(?:[^\s"]|"(?:\\.|[^"\\])*"?)*$/.exec(text.slice(0, caret))?.[0].length ?? 0)
  const end = caret + (/^\S*/.exec(text.slice(caret))?.[0].length ?? 0)
  return { start, end, word: text.slice(start, caret) }
}

/** What the word at the caret could become, of the `keys` that can be searched by here. */
export function suggestions(word: string, keys: Key[], known: Known): Suggestion[] {
  const [, name, typed] = /^([a-z]+):(.*)$/i.exec(word) ?? []
  const key = keys.find((each) => each === name?.toLowerCase())
  if (key) return valuesOf(key, typed ?? '', known).slice(0, MOST)
  if (name !== undefined) return []
  const named = keys.filter((each) => each.startsWith(word.toLowerCase()))
  const found = word === '' ? [] : keys.flatMap((each) => (plain(each) ? valuesOf(each, word, known) : []))
  return [...named.map((each) => ({ word: `${each}:`, hint: KEYS[each] })), ...found].slice(0, MOST)
}

const plain = (key: Key) => key === 'state' || key === 'queue' || key === 'tag'

function valuesOf(key: Key, typed: string, { queues, workers, tags }: Known): Suggestion[] {
  if (key === 'state') return statesAfter(typed)
  if (key === 'since' || key === 'until') return durations(key, typed)
  const values = { queue: queues, worker: workers, tag: tags }[key as string] ?? []
  const begun = typed.replace(/^"/, '').toLowerCase()
  return values
    .filter((value) => value.toLowerCase().startsWith(begun))
    .map((value) => ({ word: written(key, value), hint: key }))
}

/** Several states can be named, with commas: the last one is being typed. */
function statesAfter(typed: string): Suggestion[] {
  const named = typed.split(',')
  const begun = named.pop()?.toLowerCase() ?? ''
  return STATES.filter((state) => state.startsWith(begun) && !named.includes(state)).map((state) => ({
    word: written('state', [...named, state].join(',')),
    hint: 'state',
  }))
}

function durations(key: Key, typed: string): Suggestion[] {
  const meaning = key === 'since' ? 'enqueued in the last' : 'enqueued before the last'
  const number = /^(\d+)[mhd]?$/.exec(typed)?.[1]
  const offered = number === undefined ? DURATIONS.filter((each) => each.startsWith(typed)) : UNITS.map(([unit]) => number + unit)
  return offered
    .filter((each) => each.startsWith(typed))
    .map((each) => ({
      word: `${key}:${each}`,
      hint: `${meaning} ${each.slice(0, -1)} ${UNITS.find(([unit]) => each.endsWith(unit))?.[1] ?? ''}`,
    }))
}

/** The text once a suggestion is taken, and where the caret stands then. */
export function taken(text: string, caret: number, { word }: Suggestion): { text: string; caret: number } {
  const { start, end } = wordAt(text, caret)
  const rest = text.slice(end)
  // After a key its value is to follow; after a value the next word.
  const put = word.endsWith(':') || rest.startsWith(' ') ? word : `${word} `
  return { text: text.slice(0, start) + put + rest, caret: start + put.length }
}
