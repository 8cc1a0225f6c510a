import { useState } from 'react'
import type { NumberSetting } from '../../api/client'
import { Button } from '../../components/Button'
import { formatNumber } from '../../components/numbers'
import { Time } from '../../components/Time'
import { useReadOnlyReason } from '../../session/session'
import { readableValue } from './readableValue'
import { SWITCH_UNIT } from './settingMessage'
import { useChangeSetting } from './useChangeSetting'

/** A numeric setting: its meaning, its bounds, and an input for its value. */
export function NumberRow({ item }: { item: NumberSetting }) {
  const { key, value, minimum, maximum, unit, description, updated_at } = item
  const isSwitch = unit === SWITCH_UNIT
  const [typed, setTyped] = useState<string>()
  const change = useChangeSetting(item)
  const readOnlyReason = useReadOnlyReason('admin')
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
            ? `default: ${item.default === 0 ? 'off' : 'on'}`
            : `${formatNumber(minimum)} to ${formatNumber(maximum)} ${unit}; default: ${formatNumber(item.default)}`}
          {updated_at && (
            <>
              {' · changed '}
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
            disabled={readOnlyReason !== undefined || change.isPending}
            title={readOnlyReason}
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
              readOnly={readOnlyReason !== undefined}
              title={readOnlyReason}
              aria-describedby={`${key}-is`}
              onChange={(event) => setTyped(event.target.value)}
              className="field w-36 text-right tabular-nums read-only:border-transparent read-only:bg-transparent"
            />
            <span className="muted w-16 text-xs" title={unit}>
              {readableValue(Number(shown), unit) ?? unit}
            </span>
          </>
        )}
        {changed ? (
          <Button type="submit" variant="primary" size="normal">
            Save
          </Button>
        ) : (
          value !== item.default &&
          !isSwitch &&
          readOnlyReason === undefined && (
            <Button size="normal" aria-label={`Reset ${key} to its default`} onClick={() => set(item.default)}>
              Reset
            </Button>
          )
        )}
      </div>
    </form>
  )
}
