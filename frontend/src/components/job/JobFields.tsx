import { useEffect, useId, useRef, type ReactNode } from 'react'
import { useConfig, useQueues } from '../../api/queries'
import { duration } from '../time'
import { sizeText } from './size'
import { localTime, type FieldErrors, type Fields } from './fields'

interface Props {
  fields: Fields
  set: (fields: Fields) => void
  errors: FieldErrors
  /** A job that is there already keeps its id. */
  withId: boolean
}

/** All that can be said of a job, to be filled in. */
export function JobFields({ fields, set, errors, withId }: Props) {
  const queues = useQueues().data ?? []
  const list = useId()
  const general = useDefaults()
  const bind = (name: Exclude<keyof Fields, 'when' | 'sandbox'>) => ({
    value: fields[name],
    error: errors[name],
    change: (value: string) => set({ ...fields, [name]: value }),
  })
  const all = useRef<HTMLDivElement>(null)
  useEffect(() => all.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus(), [errors])
  return (
    <div ref={all} className="grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-4">
      <Area
        label="Command"
        hint="Run by /bin/sh: pipes, variables and several lines are fine."
        rows={Math.min(12, Math.max(3, fields.command.split('\n').length))}
        className="sm:col-span-2 lg:col-span-4"
        required
        {...bind('command')}
      />
      <Text label="Queue" placeholder="default" list={list} {...bind('queue')} />
      <datalist id={list}>
        {queues.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Text label="Priority" placeholder="0" hint="Higher ones run first." numeric {...bind('priority')} />
      <Text label="Tags" placeholder="nightly media" {...bind('tags')} />
      {withId ? <Text label="Id" placeholder="given by the queue" {...bind('id')} /> : <span className="max-lg:hidden" />}
      <When fields={fields} set={set} errors={errors} />
      <Text label="Retries" placeholder={general['max-retries'] ?? ''} hint="After the first attempt." numeric {...bind('max_retries')} />
      <Text label="Backoff base" placeholder={general['backoff-base'] ?? ''} hint="Seconds, to the power of attempts." numeric {...bind('backoff_base')} />
      <Text label="Timeout" placeholder={general.timeout ?? ''} hint="Seconds an attempt may run." numeric {...bind('timeout')} />
      <Text label="Directory" placeholder="/srv/media" {...bind('cwd')} />
      <Area label="Environment" hint="NAME=value, one a line." rows={Math.min(8, Math.max(2, fields.env.split('\n').length))} className="sm:col-span-2 lg:col-span-4" {...bind('env')} />
      <Text label="Memory" placeholder={general['limit-memory'] ?? ''} hint="At most, as 512 MiB." {...bind('memory')} />
      <Text label="Processes" placeholder={general['limit-processes'] ?? ''} hint="At once, at most." numeric {...bind('processes')} />
      <Text label="CPU time" placeholder={general['limit-cpu'] ?? ''} hint="Seconds, at most." numeric {...bind('cpu')} />
      <Text label="File size" placeholder={general['limit-file-size'] ?? ''} hint="Of each file that it writes." {...bind('file_size')} />
      <label className="flex gap-3 text-sm sm:col-span-2 lg:col-span-4">
        <input
          type="checkbox"
          checked={fields.sandbox}
          onChange={({ target }) => set({ ...fields, sandbox: target.checked })}
          className="mt-0.5 size-4 shrink-0 accent-indigo-600"
        />
        <span>
          <span className="font-medium">Sandbox</span>
          <span className="muted block text-xs">
            It can write to nothing but a /tmp of its own, and has no network.
            {general.sandbox === '1' && ' The settings say so for all jobs.'}
          </span>
        </span>
      </label>
    </div>
  )
}

/** What the config says, where a field is left empty. */
function useDefaults(): Record<string, string> {
  const items = useConfig().data ?? []
  return Object.fromEntries(items.flatMap((item) => (item.type === 'number' ? [[item.key, shown(item.key, item.value, item.unit)]] : [])))
}

function shown(key: string, value: number, unit: string): string {
  if (key === 'sandbox') return String(value)
  if (value === 0 && (key === 'timeout' || key.startsWith('limit-'))) return 'none'
  return `${unit === 'bytes' ? sizeText(value) : value} (config)`
}

function When({ fields, set, errors }: Pick<Props, 'fields' | 'set' | 'errors'>) {
  const name = useId()
  const soon = Number(fields.delay)
  return (
    <fieldset className="sm:col-span-2 lg:col-span-4">
      <legend className="text-sm font-medium">When</legend>
      <div className="mt-1 flex flex-wrap items-center gap-x-5 gap-y-2 text-sm">
        <Choice label="Now" value="now" {...{ name, fields, set }} />
        <Choice label="In" value="delay" {...{ name, fields, set }} />
        {fields.when === 'delay' && (
          <Bare error={errors.delay}>
            {(described) => (
              <>
                <input
                  {...described}
                  aria-label="Delay in seconds"
                  inputMode="decimal"
                  placeholder="3600"
                  value={fields.delay}
                  onChange={(event) => set({ ...fields, delay: event.target.value })}
                  className="field w-28"
                />{' '}
                seconds{soon >= 60 && ` (${duration(soon)})`}
              </>
            )}
          </Bare>
        )}
        <Choice label="At" value="at" {...{ name, fields, set }} />
        {fields.when === 'at' && (
          <Bare error={errors.at}>
            {(described) => (
              <input
                {...described}
                aria-label="Time to run at"
                type="datetime-local"
                step={1}
                value={fields.at}
                onChange={(event) => set({ ...fields, at: event.target.value })}
                className="field"
              />
            )}
          </Bare>
        )}
      </div>
    </fieldset>
  )
}

const inAnHour = () => `${localTime(new Date(Date.now() + 3_600_000).toISOString()).slice(0, 16)}:00`

interface ChoiceProps extends Pick<Props, 'fields' | 'set'> {
  label: string
  value: Fields['when']
  name: string
}

function Choice({ label, value, name, fields, set }: ChoiceProps) {
  return (
    <label className="flex items-center gap-2">
      <input
        type="radio"
        name={name}
        checked={fields.when === value}
        onChange={() =>
          set({ ...fields, when: value, at: value === 'at' && !fields.at ? inAnHour() : fields.at })
        }
        className="size-4 accent-indigo-600"
      />
      {label}
    </label>
  )
}

interface Described {
  'aria-invalid': boolean
  'aria-describedby': string | undefined
}

interface FieldProps {
  label: string
  value: string
  change: (value: string) => void
  error: string | undefined
  hint?: string
  placeholder?: string
  className?: string
}

function Text({ value, change, placeholder, numeric = false, list, ...rest }: FieldProps & { numeric?: boolean; list?: string }) {
  return (
    <Labelled {...rest}>
      {(described) => (
        <input
          {...described}
          value={value}
          list={list}
          placeholder={placeholder}
          inputMode={numeric ? 'decimal' : 'text'}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => change(event.target.value)}
          className="field w-full"
        />
      )}
    </Labelled>
  )
}

function Area({ value, change, rows, required = false, ...rest }: FieldProps & { rows: number; required?: boolean }) {
  return (
    <Labelled {...rest}>
      {(described) => (
        <textarea
          {...described}
          value={value}
          rows={rows}
          aria-required={required}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => change(event.target.value)}
          className="field w-full font-mono"
        />
      )}
    </Labelled>
  )
}

type LabelledProps = Pick<FieldProps, 'label' | 'error' | 'hint' | 'className'> & {
  children: (described: Described & { id: string }) => ReactNode
}

function Labelled({ label, error, hint, className = '', children }: LabelledProps) {
  const id = useId()
  return (
    <div className={className}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <Bare error={error} hint={hint}>
        {(described) => children({ id, ...described })}
      </Bare>
    </div>
  )
}

function Bare({ error, hint, children }: { error: string | undefined; hint?: string | undefined; children: (described: Described) => ReactNode }) {
  const id = useId()
  return (
    <span className="mt-1 block">
      {children({ 'aria-invalid': error !== undefined, 'aria-describedby': (error ?? hint) === undefined ? undefined : id })}
      <span id={id} className={`mt-1 block text-xs wrap-anywhere ${error ? 'text-red-700 dark:text-red-400' : 'muted'}`}>
        {error ?? hint}
      </span>
    </span>
  )
}
