import { useState } from 'react'
import type { Queue } from '../../api/client'
import { Button } from '../../components/Button'
import { useWhyNot } from '../../session/session'
import type { QueueChange } from './useChangeQueue'

const MOST = 100_000

/** How many jobs of a queue may run at once, over all workers. */
export function Limit({ queue, change }: { queue: Queue; change: (change: QueueChange) => void }) {
  const { name, concurrency_limit: limit } = queue
  const whyNot = useWhyNot('admin')
  const [typed, setTyped] = useState<string>()
  const value = typed ?? (limit === null ? '' : String(limit))
  const changed = typed !== undefined && typed.trim() !== (limit === null ? '' : String(limit))
  return (
    <form
      className="flex items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        change({ name, change: { concurrency_limit: value.trim() === '' ? null : Number(value) } })
        setTyped(undefined)
      }}
    >
      <label className="muted flex items-center gap-2 text-xs">
        At once
        <input
          type="number"
          min={1}
          max={MOST}
          step={1}
          aria-label={`Limit of ${name}`}
          placeholder="no limit"
          readOnly={whyNot !== undefined}
          title={whyNot}
          value={value}
          onChange={(event) => setTyped(event.target.value)}
          className="field w-24 px-2 py-1 read-only:border-transparent read-only:bg-transparent"
        />
      </label>
      {changed && (
        <Button type="submit" kind="primary">
          Set
        </Button>
      )}
    </form>
  )
}
