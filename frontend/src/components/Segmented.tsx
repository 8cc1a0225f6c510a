import { useId } from 'react'

interface Props<Value extends string> {
  label: string
  options: readonly (readonly [value: Value, text: string])[]
  value: Value
  onChange: (value: Value) => void
}

/** A choice among a few alternatives, all of which are visible. */
export function Segmented<Value extends string>({ label, options, value, onChange }: Props<Value>) {
  const name = useId()
  return (
    <div role="radiogroup" aria-label={label} className="flex w-fit gap-1 rounded-lg bg-stone-200/60 p-1 dark:bg-stone-800">
      {options.map(([each, text]) => (
        <label
          key={each}
          className="muted cursor-pointer rounded-md px-2.5 py-1 text-sm font-medium has-checked:bg-white has-checked:text-stone-900 has-checked:shadow-sm has-focus-visible:outline-2 has-focus-visible:outline-indigo-500 dark:has-checked:bg-stone-950 dark:has-checked:text-stone-100"
        >
          <input type="radio" name={name} className="sr-only" checked={each === value} onChange={() => onChange(each)} />
          {text}
        </label>
      ))}
    </div>
  )
}
