import { STATES, type State } from '../api/client'
import type { components } from '../api/schema'
import { DAY, parseTime, parseTimeRange, type TimeRange } from './times'

/** The filter parameters of the API. */
export type Filter = components['schemas']['ChosenByState']

/** The keys of a search, and what they mean. */
export const KEYS = {
  state: 'state, or several separated by commas',
  queue: 'queue',
  tag: 'tag',
  worker: 'worker of the latest attempt',
  error: 'text in the error',
  enqueued: 'time of enqueueing: 2h, a date, from..to',
  finished: 'time of finishing: 2h, a date, from..to',
  died: 'time of the final failure: 2h, a date, from..to',
  since: 'since: 2h, 3d, a date',
  until: 'before: 2h, 3d, a date',
  command: 'exact command',
  failure: 'failure group',
}
export type Key = keyof typeof KEYS

/** The time that `since:` and `until:` refer to on a page. */
export type TimeField = 'enqueued' | 'died'

/** A term of a search, and its position in the text. */
export interface Term {
  key: Key | 'text'
  value: string
  start: number
  end: number
  /** The text before the colon, if it is not a known key. */
  unknown?: string
}

const WORD = /(?:[^\s"]|"(?:\\.|[^"\\])*"?)+/g

/** Splits a search into terms: `state:dead error:"no space" ffmpeg`. A term without a known key is text. */
export function parse(text: string): Term[] {
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

/** A term as it is typed. */
export function formatTerm(key: Key, value: string): string {
  return `${key}:${/^[^\s"]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`
}

/**
 * Converts a search to API parameters; relative times refer to `now` (milliseconds). Invalid values are passed on for
 * the API to reject, because leaving out a condition would match more than intended.
 */
export function filterOf(terms: Term[], now: number, timeField: TimeField): Filter {
  const filter: Filter = {}
  for (const { key, value } of terms) {
    if (value === '') continue
    if (key === 'text') filter.q = filter.q === undefined ? value : `${filter.q} ${value}`
    else if (key === 'since' || key === 'until') intersect(filter, timeField, { [key]: parseTime(value, now) ?? value })
    else if (isTime(key)) intersect(filter, key, parseTimeRange(value, now) ?? { since: value })
    else if (key === 'state') filter.state = filter.state === undefined ? value : `${filter.state},${value}`
    else filter[key] = value
  }
  if (timeField === 'enqueued' && terms.some(({ key }) => key === 'died')) filter.state = filter.state ? onlyDead(filter.state) : 'dead'
  return filter
}

const isTime = (key: string) => key === 'enqueued' || key === 'finished' || key === 'died'

/**
 * Intersects with an existing range: the latest start and the earliest end win, but an invalid value wins over all
 * others.
 */
function intersect(filter: Filter, of: TimeField | 'finished', { since, until }: TimeRange): void {
  const time = of === 'died' ? 'finished' : of
  const old = { since: filter[`${time}_since`], until: filter[`${time}_until`] }
  if (since && (!old.since || isInvalid(since) || (!isInvalid(old.since) && since > old.since))) filter[`${time}_since`] = since
  if (until && (!old.until || isInvalid(until) || (!isInvalid(old.until) && until < old.until))) filter[`${time}_until`] = until
}

const isInvalid = (instant: string) => !/^\d{4}-.*Z$/.test(instant)

/** If none of the states is `dead`, nothing can match, and the API rejects the value. */
const onlyDead = (states: string) => (states.split(',').includes('dead') ? 'dead' : `${states} and dead`)

/** The states that a search names; empty means all. */
export const statesOf = (terms: Term[]): string[] =>
  terms.filter(({ key, value }) => key === 'state' && value !== '').flatMap(({ value }) => value.split(','))

/** Keys that may occur several times; of others the last one wins. */
const REPEATABLE = new Set(['state', 'enqueued', 'finished', 'died', 'since', 'until'])

/** Explains terms that are probably not interpreted as intended. */
export function hints(terms: Term[]): string[] {
  const unknown = terms.flatMap((part) => part.unknown ?? [])
  const repeated = Object.keys(KEYS).filter((key) => !REPEATABLE.has(key) && terms.filter((part) => part.key === key).length > 1)
  const empty = terms.filter(({ key, value }) => key !== 'text' && value === '')
  const states = statesOf(terms)
  const contradicts = states.length > 0 && !states.includes('dead') && terms.some(({ key }) => key === 'died')
  return [
    ...(contradicts ? ['died: matches only dead jobs, but state: excludes them.'] : []),
    ...unknown.map((name) => `${name}: is not a filter, so it is searched for as text.`),
    ...repeated.map((key) => `Only one ${key}: is allowed; the last one is used.`),
    ...empty.map(({ key }) => `${key}: has no value.`),
  ]
}

/** Whether a term is still being typed and would be rejected as it is. */
export const isIncomplete = (terms: Term[]): boolean =>
  terms.some(
    ({ key, value }) =>
      key !== 'text' &&
      (value === '' ||
        (key === 'state' && !value.split(',').every((name) => STATES.includes(name as State))) ||
        ((key === 'since' || key === 'until') && parseTime(value, 0) === undefined) ||
        (isTime(key) && parseTimeRange(value, 0) === undefined)),
  )

/** Whether the search is about when jobs ended. */
export const filtersByEnd = (terms: Term[]): boolean => terms.some(({ key }) => key === 'finished' || key === 'died')

/** The same search for a page with another time field: replaces `since:` and `until:` with explicit ranges. */
export function withExplicitTimes(text: string, timeField: TimeField): string {
  let result = text
  for (const { key, value, start, end } of parse(text).reverse()) {
    if (value === '' || (key !== 'since' && key !== 'until')) continue
    const range = key === 'since' ? `${value}..` : `..${DAY.test(value) ? `${value}T00:00` : value}`
    result = result.slice(0, start) + formatTerm(timeField, range) + result.slice(end)
  }
  return result
}

export const hasFilter = (terms: Term[], key: Key, value: string): boolean =>
  key === 'state' ? statesOf(terms).includes(value) : terms.some((part) => part.key === key && part.value === value)

/** Sets `key:value` in a search, replacing existing terms with that key; undefined removes them. */
export function withFilter(text: string, key: Key, value: string | undefined): string {
  const old = parse(text).filter((part) => part.key === key)
  const words = value === undefined ? [] : [formatTerm(key, value)]
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

/** Adds a term, or removes it if it is there; several states can be combined. */
export function toggleFilter(text: string, key: Key, value: string): string {
  const terms = parse(text)
  if (key !== 'state') return withFilter(text, key, hasFilter(terms, key, value) ? undefined : value)
  const states = statesOf(terms)
  const left = states.includes(value) ? states.filter((state) => state !== value) : [...states, value]
  return withFilter(text, key, left.length > 0 ? left.join(',') : undefined)
}
