import { ApiError, type NewSchedule, type Schedule, type ScheduleChange, type Setting } from '../../api/client'
import { parseNumber, type Parsed } from '../../jobs/inputs'
import { changedFields, EMPTY_FORM, formErrors, formValues, localTime, newJob, parseForm, type Body, type FormErrors, type FormValues } from '../../jobs/jobForm'
import { intervalText, parseInterval } from './interval'

const KEYS = ['name', 'cron', 'every', 'timezone', 'overlap', 'catch_up', 'catch_up_window', 'jitter', 'from', 'until', 'pause_after'] as const

/** A field of a schedule, by its name in the API. */
export type Key = (typeof KEYS)[number]

/** When a schedule fires: by a cron expression, or in intervals. */
export type Rule = 'cron' | 'every'

/** The content of the form, as the user types it. */
export interface ScheduleValues {
  rule: Rule
  texts: Readonly<Record<Key, string>>
  job: FormValues
}

/** Problems by field; `other` belongs to no field. */
export interface ScheduleErrors {
  schedule: FormErrors
  job: FormErrors
}

export const NO_ERRORS: ScheduleErrors = { schedule: {}, job: {} }

export const hasErrors = ({ schedule, job }: ScheduleErrors) => Object.keys(schedule).length + Object.keys(job).length > 0

const DEFAULT_WINDOW = 86_400

/** The form for a new schedule. */
export const emptySchedule = (timezone: string): ScheduleValues => ({
  rule: 'cron',
  texts: { ...(Object.fromEntries(KEYS.map((key) => [key, ''])) as Record<Key, string>), timezone, overlap: 'skip', catch_up: 'latest' },
  job: EMPTY_FORM,
})

/** The form for an existing schedule. Fields with their default value are empty. */
export function scheduleValues(schedule: Schedule, settings: Setting[]): ScheduleValues {
  const { name, cron, every, timezone, overlap, catch_up, catch_up_window: window, jitter, from, until, pause_after } = schedule
  return {
    rule: cron === null ? 'every' : 'cron',
    texts: {
      name,
      cron: cron ?? '',
      every: every === null ? '' : intervalText(every),
      timezone,
      overlap,
      catch_up,
      catch_up_window: window === DEFAULT_WINDOW ? '' : intervalText(window),
      jitter: jitter === 0 ? '' : intervalText(jitter),
      from: from === null ? '' : localTime(from),
      until: until === null ? '' : localTime(until),
      pause_after: pause_after === null ? '' : String(pause_after),
    },
    job: formValues(schedule.job, settings),
  }
}

interface ParsedSchedule {
  /** The values of the schedule's own fields; null: none. */
  body: Body
  job: Body
  errors: ScheduleErrors
}

/** Parses the form. Values with a problem are missing. */
export function parseSchedule({ rule, texts, job }: ScheduleValues): ParsedSchedule {
  const body: Record<string, unknown> = {}
  const schedule: Record<string, string> = {}
  for (const key of KEYS) {
    if (key === (rule === 'cron' ? 'every' : 'cron') || (key === 'timezone' && rule === 'every')) continue
    const parsed = PARSERS[key](texts[key].trim())
    if ('problem' in parsed) schedule[key] = parsed.problem
    else body[key] = parsed.value
  }
  const parsedJob = parseForm(job)
  return { body, job: parsedJob.body, errors: { schedule, job: parsedJob.errors } }
}

const required = (text: string): Parsed => (text === '' ? { problem: 'must not be empty' } : { value: text })

function duration(text: string, byDefault: number): Parsed {
  if (text === '') return { value: byDefault }
  const seconds = parseInterval(text)
  return seconds === undefined ? { problem: 'must be a duration, such as 90s, 15m or 1h 30m' } : { value: seconds }
}

function time(text: string): Parsed {
  if (text === '') return { value: null }
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? { problem: 'must be a date and time' } : { value: date.toISOString() }
}

const PARSERS: Record<Key, (text: string) => Parsed> = {
  name: required,
  cron: required,
  every: (text) => (text === '' ? required(text) : duration(text, 0)),
  timezone: required,
  overlap: required,
  catch_up: required,
  catch_up_window: (text) => duration(text, DEFAULT_WINDOW),
  jitter: (text) => duration(text, 0),
  from: time,
  until: time,
  pause_after: parseNumber,
}

/** A schedule to create, without defaults. */
export function newSchedule({ body, job }: ParsedSchedule): NewSchedule {
  const given = Object.entries(body).filter(([, value]) => value !== null)
  return { ...Object.fromEntries(given), job: newJob(job) } as NewSchedule
}

/** The fields that differ between two states of the form. */
export function scheduleChange(before: ScheduleValues, after: ScheduleValues, { body, job }: ParsedSchedule): ScheduleChange {
  const changed = new Set<string>(KEYS.filter((key) => before.texts[key] !== after.texts[key]))
  if (before.rule !== after.rule) changed.add(after.rule)
  const fields = Object.fromEntries(Object.entries(body).filter(([key]) => changed.has(key)))
  const jobFields = changedFields(before.job, after.job, job)
  return { ...fields, ...(Object.keys(jobFields).length > 0 && { job: jobFields }) }
}

/** Assigns the problems that the API reported to their fields. */
export function scheduleErrors(error: Error): ScheduleErrors {
  if (!(error instanceof ApiError) || error.fields.length === 0) {
    const taken = error instanceof ApiError && error.status === 409
    return { schedule: { [taken ? 'name' : 'other']: error.message }, job: {} }
  }
  const schedule: Record<string, string> = {}
  const ofJob = error.fields.filter(({ field }) => field.startsWith(JOB))
  for (const { field, message } of error.fields) {
    if (field.startsWith(JOB)) continue
    if (KEYS.some((key) => key === field)) schedule[field] = message
    else schedule.other = `${field}: ${message}`
  }
  if (ofJob.length === 0) return { schedule, job: {} }
  const fields = ofJob.map((problem) => ({ ...problem, field: problem.field.slice(JOB.length) }))
  const { other, ...job } = formErrors(new ApiError(error.message, error.status, fields))
  return { schedule: other === undefined ? schedule : { ...schedule, other }, job }
}

const JOB = 'job.'
