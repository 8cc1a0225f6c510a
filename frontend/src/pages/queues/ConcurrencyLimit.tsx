import { useState } from 'react'
import type { Queue } from '../../api/client'
import { Button } from '../../components/Button'
import { useReadOnlyReason } from '../../session/session'
import type { QueueChange } from './useChangeQueue'

const MAX_LIMIT = 100_000

/** The maximum number of jobs of a queue that run at the same time, over all workers. */
export function ConcurrencyLimit({ queue, onChange }: { queue: Queue; onChange: (onChange: QueueChange) => void }) {
  const { name, concurrency_limit: limit } = queue
  const readOnlyReason = useReadOnlyReason('admin')
  const [typed, setTyped] = useState<string>()
  const value = typed ?? (limit === null ? '' : String(limit))
  const changed = typed !== undefined && typed.trim() !== (limit === null ? '' : String(limit))
  return (
    <form
      className="flex items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        onChange({ name, change: { concurrency_limit: value.trim() === '' ? null : Number(value) } })
        setTyped(undefined)
      }}
    >
      <label className="muted flex items-center gap-2 text-xs">
        Concurrency limit
        <input
          type="number"
          min={1}
          max={MAX_LIMIT}
          step={1}
          aria-label={`Concurrency limit of ${name}`}
          placeholder="no limit"
          readOnly={readOnlyReason !== undefined}
          title={readOnlyReason}
          value={value}
          onChange={(event) => setTyped(event.target.value)}
          className="field w-24 px-2 py-1 read-only:border-transparent read-only:bg-transparent"
        />
      </label>
      {changed && (
        <Button type="submit" variant="primary">
          Save
        </Button>
      )}
    </form>
  )
}
