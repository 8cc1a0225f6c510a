import { useState } from 'react'
import type { Queue } from '../../api/client'
import { useDefaultCommands } from '../../api/queries'
import { Button } from '../../components/Button'
import { ANY, CommandsDialog, Taken } from '../../components/Commands'
import { useMay } from '../../session/session'
import type { QueueChange } from './useChangeQueue'

interface Props {
  queue: Queue
  change: (change: QueueChange) => void
}

const CHOICES = [
  { name: 'As default-commands says', commands: null },
  { name: 'Any command', commands: [ANY] },
]

/** Which commands a queue takes: those of its own list, or of the setting for all queues without one. */
export function Commands({ queue: { name, commands }, change }: Props) {
  const [editing, setEditing] = useState(false)
  const may = useMay()
  const byDefault = useDefaultCommands()
  return (
    <div className="flex items-start gap-3 border-t pt-3 text-xs">
      <p className="min-w-0 flex-1 leading-5" data-commands="">
        <Taken commands={commands ?? byDefault} />
        {commands === null && byDefault !== null && <span className="muted"> by default-commands</span>}
      </p>
      {may('admin') && (
        <Button aria-label={`Change the commands of ${name}`} onClick={() => setEditing(true)}>
          Change
        </Button>
      )}
      {editing && (
        <CommandsDialog
          title={`Commands of ${name}`}
          commands={commands}
          choices={CHOICES}
          set={(to) => change({ name, change: { commands: to } })}
          closed={() => setEditing(false)}
        />
      )}
    </div>
  )
}
