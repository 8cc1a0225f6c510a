import { useState } from 'react'
import type { NumberSetting } from '../../api/client'
import { Button } from '../../components/Button'
import { whole } from '../../components/numbers'
import { Time } from '../../components/Time'
import { useWhyNot } from '../../session/session'
import { meaning } from './meaning'
import { SWITCH } from './told'
import { useChangeSetting } from './useChangeSetting'

/** A setting that is a number: what it means, its bounds, and its value to change. */
export function NumberRow({ item }: { item: NumberSetting }) {
  const { key, value, minimum, maximum, unit, description, updated_at } = item
  const isSwitch = unit === SWITCH
  const [typed, setTyped] = useState<string>()
  const change = useChangeSetting(item)
  const whyNot = useWhyNot('admin')
  const shown = typed ?? String(value)
  const changed = typed !== undefined && Number(typed) !== value
  const set = (to: number) => {
    change.mutate(to)
    setTyped(undefined)
  }
  return (
    <form
      data-setting={key}
      className="grid gap-x-6 gap-y-2 p-4 sm:grid-cols-[1fr_auto]"
      onSubmit={(event) => {
        event.preventDefault()
        set(Number(shown))
      }}
    >
      <div>
        <label htmlFor={key} className="font-mono text-sm font-medium">
          {key}
        </label>
        <p id={`${key}-is`} className="muted mt-0.5 text-sm">
          {description}
        </p>
        <p className="muted mt-0.5 text-xs">
          {isSwitch
            ? `${item.default === 0 ? 'off' : 'on'} unless it is set`
            : `${whole(minimum)} to ${whole(maximum)} ${unit}; ${whole(item.default)} unless it is set`}
          {updated_at && (
            <>
              {' · set '}
              <Time at={updated_at} />
            </>
          )}
        </p>
      </div>
      <div className="flex flex-wrap items-center gap-2 sm:justify-end">
        {isSwitch ? (
          <input
            id={key}
            type="checkbox"
            role="switch"
            checked={value !== 0}
            disabled={whyNot !== undefined || change.isPending}
            title={whyNot}
            aria-describedby={`${key}-is`}
            onChange={({ target }) => set(target.checked ? 1 : 0)}
            className="h-6 w-11 appearance-none rounded-full bg-stone-400 transition-colors before:m-0.5 before:block before:size-5 before:rounded-full before:bg-white before:transition-transform checked:bg-indigo-600 checked:before:translate-x-5 disabled:opacity-60 dark:bg-stone-600"
          />
        ) : (
          <>
            <input
              id={key}
              type="number"
              required
              min={minimum}
              max={maximum}
              step="any"
              value={shown}
              readOnly={whyNot !== undefined}
              title={whyNot}
              aria-describedby={`${key}-is`}
              onChange={(event) => setTyped(event.target.value)}
              className="field w-36 text-right tabular-nums read-only:border-transparent read-only:bg-transparent"
            />
            <span className="muted w-16 text-xs" title={unit}>
              {meaning(Number(shown), unit) ?? unit}
            </span>
          </>
        )}
        {changed ? (
          <Button type="submit" kind="primary" size="normal">
            Set
          </Button>
        ) : (
          value !== item.default &&
          !isSwitch &&
          whyNot === undefined && (
            <Button size="normal" aria-label={`Set ${key} to its default`} onClick={() => set(item.default)}>
              Default
            </Button>
          )
        )}
      </div>
    </form>
  )
}
