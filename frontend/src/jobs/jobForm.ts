import { ApiError, type Job, type JobChange, type JobSettings, type NewJob, type Setting } from '../api/client'
import { FORM_FIELDS, rootOf, valueOf } from './fields'
import { INPUTS, parseNumber } from './inputs'

/** The content of the form, as the user types it. */
export interface FormValues {
  /** The text of each input, by the key of its field. */
  texts: Readonly<Record<string, string>>
  schedule: 'now' | 'delay' | 'at'
  /** Seconds. */
  delay: string
  /** A local time, as a datetime-local input has it. */
  at: string
}

/** Problems by field; `delay` and `run_at` belong to the schedule, `other` to no field. */
export type FormErrors = Readonly<Record<string, string>>

/** The values of the fields, by their names in the API; null: the default. */
export type Body = Readonly<Record<string, unknown>>

export const EMPTY_FORM: FormValues = {
  texts: Object.fromEntries(FORM_FIELDS.filter(({ input }) => input !== 'schedule').map(({ key }) => [key, ''])),
  schedule: 'now',
  delay: '',
  at: '',
}

/** The form for a job, or the jobs of a schedule. Fields with their default value are empty; `now` in milliseconds. */
export function formValues(job: Job | JobSettings, settings: Setting[], now = Date.now()): FormValues {
  const texts: Record<string, string> = {}
  for (const { key, input, setting, default: usual } of FORM_FIELDS) {
    if (input === 'schedule') continue
    const value = valueOf(job, key)
    const configured = settings.find((item) => item.key === setting)?.value
    const isDefault = value == null || value === usual || (setting !== undefined && Number(value) === configured)
    texts[key] = isDefault ? '' : INPUTS[input].format(value)
  }
  const due = 'next_run_at' in job ? job.next_run_at : null
  const later = due !== null && Date.parse(due) > now
  return { texts, schedule: later ? 'at' : 'now', delay: '', at: later ? localTime(due) : '' }
}

/** An instant for a datetime-local input, in the user's time zone. */
export function localTime(instant: string): string {
  const date = new Date(instant)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}

/** Parses the form. Values with a problem are missing from the body. */
export function parseForm(values: FormValues): { body: Body; errors: FormErrors } {
  const schedule = parseSchedule(values)
  const body: Record<string, unknown> = schedule.body
  const errors: Record<string, string> = schedule.errors
  for (const { key, input, required } of FORM_FIELDS) {
    if (input === 'schedule') continue
    const text = values.texts[key] ?? ''
    const parsed = required && text.trim() === '' ? { problem: 'must not be empty' } : INPUTS[input].parse(text)
    if ('problem' in parsed) errors[key] = parsed.problem
    else setValue(body, key, parsed.value)
  }
  return { body, errors }
}

function parseSchedule({ schedule, delay, at }: FormValues): { body: Record<string, unknown>; errors: Record<string, string> } {
  const body = { run_at: null, delay: null }
  if (schedule === 'now') return { body, errors: {} }
  if (schedule === 'at') {
    const date = new Date(at)
    if (Number.isNaN(date.getTime())) return { body, errors: { run_at: 'must be a date and time' } }
    return { body: { ...body, run_at: date.toISOString() }, errors: {} }
  }
  const parsed = delay.trim() === '' ? { problem: 'must be a number of seconds' } : parseNumber(delay)
  return 'problem' in parsed ? { body, errors: { delay: parsed.problem } } : { body: { ...body, delay: parsed.value }, errors: {} }
}

/** Sets `limits.memory` in the object `limits`, which is null while all its values are. */
function setValue(body: Record<string, unknown>, key: string, value: unknown): void {
  const [root = key, name] = key.split('.')
  if (name === undefined) {
    body[root] = value
    return
  }
  const siblings = FORM_FIELDS.filter((field) => rootOf(field.key) === root).map((field) => [field.key.slice(root.length + 1), null])
  const object = { ...(Object.fromEntries(siblings) as object), ...(body[root] as object | null), [name]: value }
  body[root] = Object.values(object).every((each) => each === null) ? null : object
}

/** A job to enqueue, without defaults. */
export function newJob(body: Body): NewJob {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== false)) as unknown as NewJob
}

/** The fields that differ between two states of the form. */
export function changedFields(before: FormValues, after: FormValues, body: Body): JobChange {
  const changed = new Set(Object.keys(after.texts).filter((key) => before.texts[key] !== after.texts[key]).map(rootOf))
  if (before.schedule !== after.schedule || before.delay !== after.delay || before.at !== after.at)
    changed.add(after.schedule === 'delay' ? 'delay' : 'run_at') // the API accepts only one of them
  return Object.fromEntries(Object.entries(body).filter(([name]) => changed.has(name)))
}

/** Assigns the problems that the API reported to their fields. */
export function formErrors(error: Error): FormErrors {
  if (!(error instanceof ApiError) || error.fields.length === 0) {
    if (error instanceof ApiError && error.status === 409 && error.message.includes('exists already')) return { id: error.message }
    return { other: error.message }
  }
  const keys = new Set([...FORM_FIELDS.map(({ key }) => key), 'delay'])
  const errors: Record<string, string> = {}
  for (const { field, message } of error.fields) {
    const key = keys.has(field) ? field : rootOf(field)
    if (keys.has(key)) errors[key] = message
    else errors.other = `${field}: ${message}`
  }
  return errors
}
