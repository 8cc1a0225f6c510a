import { STATES, type State } from '../api/client'
import type { components } from '../api/schema'
import { instant } from './instant'

/** What the API chooses jobs by. */
export type Filter = components['schemas']['ChosenByState']

/** What a search can say before a colon, and what it means. */
export const KEYS = {
  state: 'in one state, or several with commas',
  queue: 'in a queue',
  tag: 'with a tag',
  worker: 'whose latest attempt a worker ran',
  error: 'with this text in the error',
  since: 'enqueued since: 2h, 3d, a date',
  until: 'enqueued before: 2h, 3d, a date',
  command: 'with exactly this command',
  failure: 'that died of this',
}
export type Key = keyof typeof KEYS

/** A word of a search, and where it stands in the text. */
export interface Part {
  key: Key | 'text'
  value: string
  start: number
  end: number
  /** What is before the colon of a word that is taken for text. */
  unknown?: string
}

const WORD = /(?:[^\s"]|"(?:\\.|[^"\\])*"?)+/g

/** The words of a search: `state:dead error:"no space" ffmpeg`. What has no known key is text. */
export function parse(text: string): Part[] {
  return [...text.matchAll(WORD)].map((match) => {
    const place = { start: match.index, end: match.index + match[0].length }
    const [, name, value] = /^([a-z_]+):(?!\/\/)(.*)$/is.exec(match[0]) ?? []
    const key = name?.toLowerCase()
    if (key !== undefined && isKey(key)) return { key, value: unquoted(value ?? ''), ...place }
    return { key: 'text', value: unquoted(match[0]), ...place, ...(name && value ? { unknown: name } : {}) }
  })
}

const isKey = (text: string): text is Key => Object.hasOwn(KEYS, text)

const unquoted = (word: string) =>
  word.replace(/^"((?:\\.|[^"\\])*)"?/, (_, inside: string) => inside.replace(/\\(["\\])/g, '$1'))

/** A word as it is typed. */
export function written(key: Key, value: string): string {
  return `${key}:${/^[^\s"]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`
}

/** What a search asks the API for; times back from `now` (milliseconds). What is wrong is left for the API to refuse,
 *  as a condition that is left out would choose more than was meant. */
export function filterOf(parts: Part[], now: number): Filter {
  const filter: Filter = {}
  for (const { key, value } of parts) {
    if (value === '') continue
    if (key === 'text') filter.q = filter.q === undefined ? value : `${filter.q} ${value}`
    else if (key === 'since' || key === 'until') filter[key] = instant(value, now) ?? value
    else if (key === 'state') filter.state = filter.state === undefined ? value : `${filter.state},${value}`
    else filter[key] = value
  }
  return filter
}

/** The states that a search names; none: all. */
export const statesOf = (parts: Part[]): string[] =>
  parts.filter(({ key, value }) => key === 'state' && value !== '').flatMap(({ value }) => value.split(','))

/** What a search probably does not mean the way it is taken. */
export function hints(parts: Part[]): string[] {
  const unknown = parts.flatMap((part) => part.unknown ?? [])
  const twice = Object.keys(KEYS).filter((key) => key !== 'state' && parts.filter((part) => part.key === key).length > 1)
  const empty = parts.filter(({ key, value }) => key !== 'text' && value === '')
  return [
    ...unknown.map((name) => `There is no ${name}: to filter by, so it is searched for as text.`),
    ...twice.map((key) => `Only one ${key}: can be searched for at a time: the last one counts.`),
    ...empty.map(({ key }) => `After ${key}: something is missing.`),
  ]
}

/** Whether somebody is in the middle of a word that would be refused as it is. */
export const unfinished = (parts: Part[]): boolean =>
  parts.some(
    ({ key, value }) =>
      key !== 'text' &&
      (value === '' ||
        (key === 'state' && !value.split(',').every((name) => STATES.includes(name as State))) ||
        ((key === 'since' || key === 'until') && instant(value, 0) === undefined)),
  )

export const has = (parts: Part[], key: Key, value: string): boolean =>
  key === 'state' ? statesOf(parts).includes(value) : parts.some((part) => part.key === key && part.value === value)

/** The search with `key:value` in the place of whatever it had for that key; without any where value is undefined. */
export function having(text: string, key: Key, value: string | undefined): string {
  const old = parse(text).filter((part) => part.key === key)
  const words = value === undefined ? [] : [written(key, value)]
  const first = old[0]
  if (!first) return [text.trim(), ...words].filter(Boolean).join(' ')
  let result = text
  for (const { start, end } of old.reverse()) {
    result = [result.slice(0, start).trim(), ...(start === first.start ? words : []), result.slice(end).trim()]
      .filter(Boolean)
      .join(' ')
  }
  return result
}

/** The search with that condition, or without it where it had it; of states there can be several. */
export function toggled(text: string, key: Key, value: string): string {
  const parts = parse(text)
  if (key !== 'state') return having(text, key, has(parts, key, value) ? undefined : value)
  const states = statesOf(parts)
  const left = states.includes(value) ? states.filter((state) => state !== value) : [...states, value]
  return having(text, key, left.length > 0 ? left.join(',') : undefined)
}
