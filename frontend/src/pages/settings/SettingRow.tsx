import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ask, type ConfigItem } from '../../api/client'
import { KEY } from '../../api/queries'
import { Button } from '../../components/Button'
import { useMessages } from '../../components/messages'
import { whole } from '../../components/numbers'
import { Time } from '../../components/Time'
import { meaning } from './meaning'

/** A setting: what it means, its bounds, and its value to change. */
export function SettingRow({ item }: { item: ConfigItem }) {
  const { key, value, minimum, maximum, unit, description, updated_at } = item
  const [typed, setTyped] = useState<string>()
  const change = useChange(item)
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
          {whole(minimum)} to {whole(maximum)} {unit}; {whole(item.default)} unless it is set
          {updated_at && (
            <>
              {' · set '}
              <Time at={updated_at} />
            </>
          )}
        </p>
      </div>
      <div className="flex flex-wrap items-center gap-2 sm:justify-end">
        <input
          id={key}
          type="number"
          required
          min={minimum}
          max={maximum}
          step="any"
          value={shown}
          aria-describedby={`${key}-is`}
          onChange={(event) => setTyped(event.target.value)}
          className="field w-36 text-right tabular-nums"
        />
        <span className="muted w-16 text-xs" title={unit}>
          {meaning(Number(shown), unit) ?? unit}
        </span>
        {changed ? (
          <Button type="submit" kind="primary" size="normal">
            Set
          </Button>
        ) : (
          value !== item.default && (
            <Button size="normal" aria-label={`Set ${key} to its default`} onClick={() => set(item.default)}>
              Default
            </Button>
          )
        )}
      </div>
    </form>
  )
}

function useChange({ key, value }: ConfigItem) {
  const queries = useQueryClient()
  const { tell } = useMessages()
  const mutation = useMutation({
    mutationFn: (to: number) =>
      ask(api.PUT('/api/config/{key}', { params: { path: { key } }, body: { value: to } })),
    onSuccess: (now, to) => {
      tell('done', `${key} is ${now.value}`, to === value ? undefined : { name: 'Undo', act: () => mutation.mutate(value) })
      return queries.invalidateQueries({ queryKey: [KEY.config] })
    },
    onError: (refusal) => tell('refused', refusal.message),
  })
  return mutation
}
