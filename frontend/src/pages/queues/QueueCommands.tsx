import { useState } from 'react'
import type { Queue } from '../../api/client'
import { useDefaultCommands } from '../../api/queries'
import { Button } from '../../components/Button'
import { ANY_COMMAND, AllowedCommandsDialog, AllowedCommands } from '../../components/AllowedCommands'
import { useHasRole } from '../../session/session'
import type { QueueChange } from './useChangeQueue'

interface Props {
  queue: Queue
  onChange: (onChange: QueueChange) => void
}

const CHOICES = [
  { name: 'Use the default-commands setting', commands: null },
  { name: 'Any command', commands: [ANY_COMMAND] },
]

/** The allowed commands of a queue: from its own list, or from the default-commands setting. */
export function QueueCommands({ queue: { name, commands }, onChange }: Props) {
  const [editing, setEditing] = useState(false)
  const hasRole = useHasRole()
  const defaults = useDefaultCommands()
  return (
    <div className="flex items-start gap-3 border-t pt-3 text-xs">
      <p className="min-w-0 flex-1 leading-5" data-commands="">
        <AllowedCommands commands={commands ?? defaults} />
        {commands === null && defaults !== null && <span className="muted"> (from default-commands)</span>}
      </p>
      {hasRole('admin') && (
        <Button aria-label={`Edit the allowed commands of ${name}`} onClick={() => setEditing(true)}>
          Edit
        </Button>
      )}
      {editing && (
        <AllowedCommandsDialog
          title={`Allowed commands of ${name}`}
          commands={commands}
          choices={CHOICES}
          onSave={(to) => onChange({ name, change: { commands: to } })}
          onClose={() => setEditing(false)}
        />
      )}
    </div>
  )
}
