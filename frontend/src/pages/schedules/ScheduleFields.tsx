import { useId } from 'react'
import { Labelled, TextInput, type InputProps } from '../../components/Field'
import { Segmented } from '../../components/Segmented'
import type { FormErrors } from '../../jobs/jobForm'
import { CATCH_UP, OVERLAP } from './choices'
import type { Key, Rule, ScheduleValues } from './scheduleForm'

interface Props {
  values: ScheduleValues
  onChange: (values: ScheduleValues) => void
  errors: FormErrors
  /** An existing schedule keeps its name. */
  isNew: boolean
}

const RULES: [Rule, string][] = [
  ['cron', 'Cron'],
  ['every', 'Interval'],
]

/** The inputs for a schedule's own fields. */
export function ScheduleFields({ values, onChange, errors, isNew }: Props) {
  const input = (key: Key, label: string, placeholder = '', hint = ''): InputProps => ({
    label,
    hint,
    placeholder,
    value: values.texts[key],
    onChange: (text) => onChange({ ...values, texts: { ...values.texts, [key]: text } }),
    error: errors[key],
  })
  return (
    <div className="grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-4">
      {isNew && <TextInput {...input('name', 'Name', 'nightly')} />}
      <div className={isNew ? '' : 'lg:col-span-2'}>
        <span className="text-sm font-medium">When</span>
        <div className="mt-1">
          <Segmented label="When" options={RULES} value={values.rule} onChange={(rule) => onChange({ ...values, rule })} />
        </div>
      </div>
      {values.rule === 'cron' ? (
        <>
          <TextInput {...input('cron', 'Cron expression', '30 2 * * *', 'Minute, hour, day, month, day of the week; or @daily.')} />
          <TimeZone {...input('timezone', 'Time zone', 'UTC')} />
        </>
      ) : (
        <TextInput {...input('every', 'Every', '15m', 'For example 90s, 15m or 1h 30m.')} className="lg:col-span-2" />
      )}
      <TimeInput {...input('from', 'From', '', 'In your time zone.')} />
      <TimeInput {...input('until', 'Until', '', 'In your time zone.')} />
      <TextInput {...input('jitter', 'Jitter', 'none', 'Delays each time by up to so much.')} />
      <TextInput {...input('pause_after', 'Pause after', 'never', 'This many consecutive jobs have died.')} numeric />
      <Select {...input('overlap', 'Overlap', '', 'While an earlier job has not ended.')} options={OVERLAP} />
      <Select {...input('catch_up', 'Catch-up', '', 'Of the times while nothing was running.')} options={CATCH_UP} />
      <TextInput {...input('catch_up_window', 'Catch-up window', '1d', 'Older times are missed.')} />
    </div>
  )
}

/** A text input that suggests time zones. */
function TimeZone(props: InputProps) {
  const list = useId()
  return (
    <>
      <TextInput {...props} list={list} />
      <datalist id={list}>
        {ZONES.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  )
}

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone')]

/** An input that shows no placeholder. */
type Unhinted = Omit<InputProps, 'placeholder'>

function TimeInput({ value, onChange, ...rest }: Unhinted) {
  return (
    <Labelled {...rest}>
      {(described) => (
        <input {...described} type="datetime-local" step={1} value={value} onChange={(event) => onChange(event.target.value)} className="field w-full" />
      )}
    </Labelled>
  )
}

function Select({ value, onChange, options, ...rest }: Unhinted & { options: Record<string, string> }) {
  return (
    <Labelled {...rest}>
      {(described) => (
        <select {...described} value={value} onChange={(event) => onChange(event.target.value)} className="field w-full">
          {Object.entries(options).map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  )
}
