import type { Setting, Job, JobChange, NewJob } from '../../api/client'
import { Refused, type Limits } from '../../api/client'
import { bytesOf, sizeText } from './size'

/** A job as a form holds it: all as text, in the way in which people type it. */
export interface Fields {
  command: string
  id: string
  queue: string
  priority: string
  when: 'now' | 'delay' | 'at'
  /** Seconds. */
  delay: string
  /** A time in the person's zone, as a datetime-local field has it. */
  at: string
  max_retries: string
  backoff_base: string
  timeout: string
  cwd: string
  /** NAME=value, one a line. */
  env: string
  /** With spaces or commas. */
  tags: string
  /** Limits: sizes with a unit, a number, seconds. */
  memory: string
  processes: string
  cpu: string
  file_size: string
  sandbox: boolean
}

/** What is wrong with a field; `other`: what belongs to none. */
export type FieldErrors = Partial<Record<keyof Fields | 'other', string>>

export const NO_FIELDS: Fields = {
  command: '',
  id: '',
  queue: '',
  priority: '',
  when: 'now',
  delay: '',
  at: '',
  max_retries: '',
  backoff_base: '',
  timeout: '',
  cwd: '',
  env: '',
  tags: '',
  memory: '',
  processes: '',
  cpu: '',
  file_size: '',
  sandbox: false,
}

/** A job's fields; those that are as the config has them are left empty. */
export function fieldsOf(job: Job, config: Setting[], now = Date.now()): Fields {
  const own = (key: string, value: number | null) =>
    value === null || value === config.find((item) => item.key === key)?.value ? '' : String(value)
  const due = job.state === 'failed' ? job.next_run_at : job.run_at
  const later = due !== null && Date.parse(due) > now
  return {
    command: job.command,
    id: job.id,
    queue: job.queue,
    priority: job.priority === 0 ? '' : String(job.priority),
    when: later ? 'at' : 'now',
    delay: '',
    at: later ? localTime(due) : '',
    max_retries: own('max-retries', job.max_retries),
    backoff_base: own('backoff-base', job.backoff_base),
    timeout: own('timeout', job.timeout),
    cwd: job.cwd ?? '',
    env: Object.entries(job.env)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
    tags: job.tags.join(' '),
    ...limitsText(ownLimits(job.limits, config)),
    sandbox: job.sandbox && config.find(({ key }) => key === 'sandbox')?.value !== 1,
  }
}

/** Those that are not the config's. */
function ownLimits(limits: Limits, config: Setting[]): Limits {
  const isConfigs = (name: string, limit: unknown) => limit === config.find(({ key }) => key === `limit-${name.replace('_', '-')}`)?.value
  return Object.fromEntries(Object.entries(limits).filter(([name, limit]) => !isConfigs(name, limit)))
}

/** Limits as people type them. */
export function limitsText(limits: Limits): Record<keyof Limits, string> {
  const text = (limit: number | null | undefined, show: (limit: number) => string) => (limit == null ? '' : show(limit))
  return {
    memory: text(limits.memory, sizeText),
    processes: text(limits.processes, String),
    cpu: text(limits.cpu, String),
    file_size: text(limits.file_size, sizeText),
  }
}

/** An instant for a datetime-local field, in the person's zone. */
export function localTime(instant: string): string {
  const date = new Date(instant)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}

type Values = Required<{ [Name in keyof NewJob]: NewJob[Name] | null }>

/** What the fields mean; null is the default. What is no number, time or variable is told in `errors`. */
export function read(fields: Fields): { values: Values; errors: FieldErrors } {
  const errors: FieldErrors = {}
  const number = (name: 'priority' | 'delay' | 'max_retries' | 'backoff_base' | 'timeout' | 'processes' | 'cpu') => {
    const text = fields[name].trim()
    if (text === '') return null
    if (!/^[-+]?(\d+\.?\d*|\.\d+)$/.test(text)) errors[name] = 'must be a number'
    return Number(text)
  }
  const size = (name: 'memory' | 'file_size') => {
    const text = fields[name].trim()
    if (text === '') return null
    const bytes = bytesOf(text)
    if (bytes === undefined) errors[name] = 'must be a size, such as 512 MiB'
    return bytes ?? null
  }
  const instant = () => {
    const date = new Date(fields.at)
    if (!Number.isNaN(date.getTime())) return date.toISOString()
    errors.at = 'must be a date and a time'
    return null
  }
  if (fields.command.trim() === '') errors.command = 'must hold a command'
  if (fields.when === 'delay' && fields.delay.trim() === '') errors.delay = 'must be a number of seconds'
  const values: Values = {
    command: fields.command,
    id: fields.id.trim() || null,
    queue: fields.queue.trim() || null,
    priority: number('priority'),
    run_at: fields.when === 'at' ? instant() : null,
    delay: fields.when === 'delay' ? number('delay') : null,
    max_retries: number('max_retries'),
    backoff_base: number('backoff_base'),
    timeout: number('timeout'),
    cwd: fields.cwd.trim() || null,
    env: variables(fields.env, errors),
    tags: fields.tags.split(/[\s,]+/).filter(Boolean),
    limits: some({ memory: size('memory'), processes: number('processes'), cpu: number('cpu'), file_size: size('file_size') }),
    sandbox: fields.sandbox,
  }
  return { values, errors }
}

const some = (limits: Limits): Limits | null => (Object.values(limits).every((limit) => limit === null) ? null : limits)

function variables(text: string, errors: FieldErrors): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const [, name, value] = /^\s*([^=\s]+)=(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) errors.env = `line ${index + 1} must be NAME=value`
    else env[name] = value
  }
  return env
}

/** A job to enqueue, without what is left to the API. */
export function newJob(values: Values): NewJob {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== false)) as unknown as NewJob
}

/** What has been changed between two states of a form. */
export function change(before: Fields, after: Fields, values: Values): JobChange {
  const changed = (Object.keys(after) as (keyof Fields)[]).filter((name) => before[name] !== after[name])
  const when = changed.some((name) => ['when', 'delay', 'at'].includes(name))
  const limits = changed.some((name) => LIMITS.includes(name))
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => {
      if (name === 'limits') return limits
      if (name === 'run_at' || name === 'delay') return when && (values[name] !== null || name === asked(after))
      return changed.includes(name as keyof Fields)
    }),
  )
}

const LIMITS: (keyof Fields)[] = ['memory', 'processes', 'cpu', 'file_size']

/** Only one of run_at and delay may be given. */
const asked = ({ when }: Fields) => (when === 'delay' ? 'delay' : 'run_at')

/** What the API refused, at the fields that it is about. */
export function errorsOf(error: Error): FieldErrors {
  if (!(error instanceof Refused) || error.fields.length === 0) {
    if (error instanceof Refused && error.status === 409 && error.message.includes('exists already')) return { id: error.message }
    return { other: error.message }
  }
  const errors: FieldErrors = {}
  for (const { field, message } of error.fields) {
    const [whole = '', part = ''] = field.split('.')
    const name = whole === 'limits' ? part : whole
    if (name === 'run_at') errors.at = message
    else if (name in NO_FIELDS) errors[name as keyof Fields] = message
    else errors.other = `${field}: ${message}`
  }
  return errors
}
