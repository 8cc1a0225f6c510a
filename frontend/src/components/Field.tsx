import { useId, type ReactNode } from 'react'

/** What every input of a form has. */
export interface InputProps {
  label: string
  hint: string
  value: string
  onChange: (value: string) => void
  error: string | undefined
  placeholder: string
}

interface TextInputProps extends InputProps {
  numeric?: boolean
  /** The id of a datalist with suggestions. */
  list?: string
  className?: string
}

/** A text input of one line. */
export function TextInput({ value, onChange, placeholder, numeric = false, list, ...rest }: TextInputProps) {
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
          onChange={(event) => onChange(event.target.value)}
          className="field w-full"
        />
      )}
    </Labelled>
  )
}

interface LabelledProps extends Pick<InputProps, 'label' | 'hint' | 'error'> {
  className?: string
  children: (attributes: Description & { id: string }) => ReactNode
}

/** An input below its label. */
export function Labelled({ label, error, hint, className = '', children }: LabelledProps) {
  const id = useId()
  return (
    <div className={className}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <Described error={error} hint={hint}>
        {(description) => children({ id, ...description })}
      </Described>
    </div>
  )
}

interface Description {
  'aria-invalid': boolean
  'aria-describedby': string | undefined
}

/** An input with its error, or else its hint, below it. */
export function Described({ error, hint = '', children }: { error: string | undefined; hint?: string; children: (description: Description) => ReactNode }) {
  const id = useId()
  const text = error ?? hint
  return (
    <span className="mt-1 block">
      {children({ 'aria-invalid': error !== undefined, 'aria-describedby': text === '' ? undefined : id })}
      <span id={id} className={`mt-1 block text-xs wrap-anywhere ${error ? 'text-red-700 dark:text-red-400' : 'muted'}`}>
        {text}
      </span>
    </span>
  )
}
