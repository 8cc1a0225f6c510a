/** How a field is entered in the forms; inputs.ts parses and formats each kind. */
export type InputKind = 'text' | 'number' | 'size' | 'checkbox' | 'command' | 'queue' | 'tags' | 'environment' | 'schedule' | 'lock'

/** How a field is shown, on the detail page (Details.tsx) and in the list (columns.tsx). */
export type ShowKind =
  | 'text'
  | 'code'
  | 'duration'
  | 'time'
  | 'yesNo'
  | 'command'
  | 'state'
  | 'attempts'
  | 'queue'
  | 'schedule'
  | 'tags'
  | 'worker'
  | 'backoff'
  | 'limits'
  | 'lock'
  | 'waitTime'
  | 'runTime'
  | 'result'
  | 'nextAttempt'

/** A column of the job list. */
export interface ColumnLayout {
  /** The name under which browsers store the chosen columns; the key of the field by default. */
  id?: string
  /** In rem; `grows`: its share of the remaining width. */
  width: number
  grows?: number
  /** Shown unless the user chose otherwise. */
  byDefault?: boolean
  sortBy?: 'created_at' | 'finished_at'
}

/** A field of a job, stored or computed, and where it appears: in the forms, on the detail page, in the list. */
export interface JobField {
  /** Its name in the API; a dot leads into an object. */
  key: string
  label: string
  /** Editable in the forms. */
  input?: InputKind
  hint?: string
  placeholder?: string
  required?: boolean
  /** Only for new jobs and those of schedules. */
  createOnly?: boolean
  /** The value of the API that an empty input stands for. */
  default?: number
  /** The setting that applies if the input is empty. */
  setting?: string
  show?: ShowKind
  /** Shown on the detail page. */
  detail?: boolean
  /** Shown on the detail page instead of an empty value; otherwise empty values are left out. */
  ifEmpty?: string
  column?: ColumnLayout
}

/**
 * All fields of a job, in the order of the forms, the detail page and the list. A new text field of the API needs one
 * entry, such as
 *
 *     { key: 'description', label: 'Description', input: 'text', show: 'text', detail: true, column: { width: 10 } }
 */
export const FIELDS: JobField[] = [
  {
    key: 'command',
    label: 'Command',
    input: 'command',
    required: true,
    hint: 'Run by /bin/sh; pipes, variables and multiple lines work.',
    show: 'command',
    column: { id: 'job', width: 14, grows: 3, byDefault: true },
  },
  { key: 'state', label: 'State', show: 'state', column: { width: 7.5, byDefault: true } },
  { key: 'attempts', label: 'Attempts', show: 'attempts', detail: true, column: { width: 5.5, byDefault: true } },
  {
    key: 'queue',
    label: 'Queue',
    input: 'queue',
    placeholder: 'default',
    show: 'queue',
    detail: true,
    column: { width: 6, grows: 0.5, byDefault: true },
  },
  {
    key: 'priority',
    label: 'Priority',
    input: 'number',
    default: 0,
    placeholder: '0',
    hint: 'Higher values run first.',
    show: 'text',
    detail: true,
    column: { width: 5 },
  },
  {
    key: 'tags',
    label: 'Tags',
    input: 'tags',
    placeholder: 'nightly media',
    show: 'tags',
    detail: true,
    column: { width: 7, grows: 1, byDefault: true },
  },
  {
    key: 'description',
    label: 'Description',
    input: 'text',
    hint: 'Free text, for example what the job is for.',
    show: 'text',
    detail: true,
    column: { width: 10, grows: 1 },
  },
  { key: 'id', label: 'ID', input: 'text', createOnly: true, placeholder: 'generated' },
  { key: 'run_at', label: 'Run at', input: 'schedule', show: 'time', detail: true },
  { key: 'max_retries', label: 'Max retries', input: 'number', setting: 'max-retries', hint: 'After the first attempt.' },
  {
    key: 'backoff_base',
    label: 'Backoff base',
    input: 'number',
    setting: 'backoff-base',
    hint: 'Delay in seconds: base to the power of attempts.',
    show: 'backoff',
    detail: true,
  },
  {
    key: 'timeout',
    label: 'Timeout',
    input: 'number',
    setting: 'timeout',
    hint: 'Seconds per attempt.',
    show: 'duration',
    detail: true,
    ifEmpty: 'none',
  },
  {
    key: 'cwd',
    label: 'Working directory',
    input: 'text',
    placeholder: '/srv/media',
    show: 'code',
    detail: true,
    ifEmpty: 'worker default',
  },
  { key: 'env', label: 'Environment', input: 'environment', hint: 'NAME=value, one per line.' },
  { key: 'limits', label: 'Limits', show: 'limits', detail: true },
  { key: 'limits.memory', label: 'Memory limit', input: 'size', setting: 'limit-memory', hint: 'For example 512 MiB.' },
  { key: 'limits.processes', label: 'Process limit', input: 'number', setting: 'limit-processes', hint: 'Concurrent processes.' },
  { key: 'limits.cpu', label: 'CPU time limit', input: 'number', setting: 'limit-cpu', hint: 'Seconds.' },
  { key: 'limits.file_size', label: 'File size limit', input: 'size', setting: 'limit-file-size', hint: 'Per file written.' },
  {
    key: 'lock',
    label: 'Lock',
    input: 'lock',
    placeholder: 'KEY or KEY=3',
    hint: 'Jobs with the same key run one at a time, or as many at once as the number says.',
    show: 'lock',
    detail: true,
  },
  {
    key: 'sandbox',
    label: 'Sandbox',
    input: 'checkbox',
    setting: 'sandbox',
    hint: 'The job can write only to a private /tmp and has no network access.',
    show: 'yesNo',
    detail: true,
  },
  {
    key: 'unique',
    label: 'Unique key',
    input: 'text',
    createOnly: true,
    placeholder: 'report-2026-01',
    hint: 'No new job while another one holds this key: until it has ended.',
    show: 'code',
    detail: true,
  },
  {
    key: 'unique_for',
    label: 'Key held for',
    input: 'number',
    createOnly: true,
    placeholder: 'until it has ended',
    hint: 'Seconds from the enqueue instead.',
    show: 'duration',
    detail: true,
  },
  { key: 'schedule', label: 'Schedule', show: 'schedule', detail: true },
  { key: 'scheduled_at', label: 'Scheduled for', show: 'time', detail: true },
  { key: 'worker', label: 'Worker', show: 'worker', detail: true, column: { width: 7, grows: 1 } },
  {
    key: 'created_at',
    label: 'Enqueued',
    show: 'time',
    detail: true,
    column: { id: 'created', width: 6, byDefault: true, sortBy: 'created_at' },
  },
  { key: 'started_at', label: 'Started', show: 'time', detail: true, column: { id: 'started', width: 6 } },
  {
    key: 'finished_at',
    label: 'Finished',
    show: 'time',
    detail: true,
    column: { id: 'finished', width: 6, byDefault: true, sortBy: 'finished_at' },
  },
  { key: 'wait', label: 'Wait time', show: 'waitTime', column: { width: 5.5 } },
  { key: 'run', label: 'Run time', show: 'runTime', column: { width: 5.5, byDefault: true } },
  { key: 'result', label: 'Result', show: 'result', column: { width: 8, grows: 1.5, byDefault: true } },
  { key: 'next_run_at', label: 'Next attempt', show: 'nextAttempt', detail: true, column: { id: 'next', width: 6 } },
  { key: 'updated_at', label: 'Updated', show: 'time', detail: true },
]

/** A field that the forms have an input for. */
export type FormField = JobField & { input: InputKind }

export const FORM_FIELDS = FIELDS.filter((field): field is FormField => field.input !== undefined)

/** The part of a key before its dot: the name of the field in the API's JSON. */
export const rootOf = (key: string) => key.split('.', 1)[0] ?? key

/** The fields that the API accepts for a new job. */
export const WRITABLE: ReadonlySet<string> = new Set([...FORM_FIELDS.map(({ key }) => rootOf(key)), 'delay', 'on_conflict'])

/** The value of a field; undefined if the object lacks it. */
export function valueOf(object: object, key: string): unknown {
  return key.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], object)
}
