import { useEffect, useId, useRef } from 'react'
import { useConfig, useQueues } from '../api/queries'
import { Described, Labelled, TextInput, type InputProps } from '../components/Field'
import { formatDuration } from '../components/timeFormat'
import { sizeText } from './byteSize'
import { FORM_FIELDS, type FormField } from './fields'
import { CHECKED } from './inputs'
import { localTime, type FormErrors, type FormValues } from './jobForm'

interface Props {
  values: FormValues
  onChange: (values: FormValues) => void
  errors: FormErrors
  /** An existing job keeps its id; the jobs of a schedule have neither an id nor a time of their own. */
  of: 'new job' | 'existing job' | 'schedule'
}

const WIDE = 'sm:col-span-2 lg:col-span-4'

/** The inputs for all editable fields of a job. */
export function JobFields({ values, onChange, errors, of }: Props) {
  const settings = useSettingTexts()
  const grid = useRef<HTMLDivElement>(null)
  useEffect(() => grid.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus(), [errors])
  return (
    <div ref={grid} className="grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-4">
      {FORM_FIELDS.filter((field) => of !== 'schedule' || !isOwn(field)).map((field) =>
        field.input === 'schedule' ? (
          <Schedule key={field.key} values={values} onChange={onChange} errors={errors} />
        ) : field.createOnly && of === 'existing job' ? (
          <span key={field.key} className="max-lg:hidden" />
        ) : (
          <FieldInput
            key={field.key}
            field={field}
            value={values.texts[field.key] ?? ''}
            onChange={(text) => onChange({ ...values, texts: { ...values.texts, [field.key]: text } })}
            error={errors[field.key]}
            setting={field.setting === undefined ? undefined : settings[field.setting]}
          />
        ),
      )}
    </div>
  )
}

/** Whether each job has its own value, even among those of a schedule. */
const isOwn = ({ input, key }: FormField) => input === 'schedule' || key === 'id'

interface FieldInputProps {
  field: FormField
  value: string
  onChange: (value: string) => void
  error: string | undefined
  /** The value of the setting that applies if the input is empty. */
  setting: string | undefined
}

function FieldInput({ field, value, onChange, error, setting }: FieldInputProps) {
  const { input, label, hint = '', required = false } = field
  const props = { label, hint, value, onChange, error, placeholder: setting ?? field.placeholder ?? '' }
  switch (input) {
    case 'checkbox':
      return <Checkbox {...props} hint={setting === '1' ? `${hint} Enabled for all jobs in the settings.` : hint} />
    case 'command':
      return <TextArea {...props} minRows={3} maxRows={12} required={required} />
    case 'environment':
      return <TextArea {...props} minRows={2} maxRows={8} required={required} />
    case 'queue':
      return <QueueInput {...props} />
    default:
      return <TextInput {...props} numeric={input === 'number'} />
  }
}

/** The values of the numeric settings, as placeholders of empty inputs. */
function useSettingTexts(): Record<string, string> {
  const settings = useConfig().data ?? []
  return Object.fromEntries(settings.flatMap((item) => (item.type === 'number' ? [[item.key, settingText(item.key, item.value, item.unit)]] : [])))
}

function settingText(key: string, value: number, unit: string): string {
  if (key === 'sandbox') return String(value)
  if (value === 0 && (key === 'timeout' || key.startsWith('limit-'))) return 'none'
  return `${unit === 'bytes' ? sizeText(value) : value} (default)`
}

function Schedule({ values, onChange, errors }: Pick<Props, 'values' | 'onChange' | 'errors'>) {
  const name = useId()
  const seconds = Number(values.delay)
  return (
    <fieldset className={WIDE}>
      <legend className="text-sm font-medium">Run</legend>
      <div className="mt-1 flex flex-wrap items-center gap-x-5 gap-y-2 text-sm">
        <ScheduleOption label="Immediately" option="now" {...{ name, values, onChange }} />
        <ScheduleOption label="After a delay" option="delay" {...{ name, values, onChange }} />
        {values.schedule === 'delay' && (
          <Described error={errors.delay}>
            {(described) => (
              <>
                <input
                  {...described}
                  aria-label="Delay in seconds"
                  inputMode="decimal"
                  placeholder="3600"
                  value={values.delay}
                  onChange={(event) => onChange({ ...values, delay: event.target.value })}
                  className="field w-28"
                />{' '}
                seconds{seconds >= 60 && ` (${formatDuration(seconds)})`}
              </>
            )}
          </Described>
        )}
        <ScheduleOption label="At a set time" option="at" {...{ name, values, onChange }} />
        {values.schedule === 'at' && (
          <Described error={errors.run_at}>
            {(described) => (
              <input
                {...described}
                aria-label="Start time"
                type="datetime-local"
                step={1}
                value={values.at}
                onChange={(event) => onChange({ ...values, at: event.target.value })}
                className="field"
              />
            )}
          </Described>
        )}
      </div>
    </fieldset>
  )
}

const inAnHour = () => `${localTime(new Date(Date.now() + 3_600_000).toISOString()).slice(0, 16)}:00`

interface ScheduleOptionProps extends Pick<Props, 'values' | 'onChange'> {
  label: string
  option: FormValues['schedule']
  name: string
}

function ScheduleOption({ label, option, name, values, onChange }: ScheduleOptionProps) {
  return (
    <label className="flex items-center gap-2">
      <input
        type="radio"
        name={name}
        checked={values.schedule === option}
        onChange={() => onChange({ ...values, schedule: option, at: option === 'at' && !values.at ? inAnHour() : values.at })}
        className="size-4 accent-indigo-600"
      />
      {label}
    </label>
  )
}

/** A text input that suggests the existing queues. */
function QueueInput(props: InputProps) {
  const queues = useQueues().data ?? []
  const list = useId()
  return (
    <>
      <TextInput {...props} list={list} />
      <datalist id={list}>
        {queues.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  )
}

/** A text area that grows with its lines. */
function TextArea({ value, onChange, placeholder, minRows, maxRows, required, ...rest }: InputProps & { minRows: number; maxRows: number; required: boolean }) {
  return (
    <Labelled {...rest} className={WIDE}>
      {(described) => (
        <textarea
          {...described}
          value={value}
          placeholder={placeholder}
          rows={Math.min(maxRows, Math.max(minRows, value.split('\n').length))}
          aria-required={required}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onChange(event.target.value)}
          className="field w-full font-mono"
        />
      )}
    </Labelled>
  )
}

function Checkbox({ label, hint, value, onChange }: InputProps) {
  return (
    <label className={`flex gap-3 text-sm ${WIDE}`}>
      <input
        type="checkbox"
        checked={value === CHECKED}
        onChange={({ target }) => onChange(target.checked ? CHECKED : '')}
        className="mt-0.5 size-4 shrink-0 accent-indigo-600"
      />
      <span>
        <span className="font-medium">{label}</span>
        <span className="muted block text-xs">{hint}</span>
      </span>
    </label>
  )
}
