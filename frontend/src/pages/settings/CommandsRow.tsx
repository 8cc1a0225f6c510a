import { useState } from 'react'
import type { CommandsSetting } from '../../api/client'
import { Button } from '../../components/Button'
import { AllowedCommandsDialog, AllowedCommands } from '../../components/AllowedCommands'
import { Time } from '../../components/Time'
import { useHasRole } from '../../session/session'
import { useChangeSetting } from './useChangeSetting'

const CHOICES = [{ name: 'Any command', commands: null }]

/** A setting that is a list of commands. */
export function CommandsRow({ item }: { item: CommandsSetting }) {
  const { key, value, description, updated_at } = item
  const [editing, setEditing] = useState(false)
  const change = useChangeSetting(item)
  const hasRole = useHasRole()
  return (
    <div data-setting={key} className="grid gap-x-6 gap-y-2 p-4 sm:grid-cols-[1fr_auto]">
      <div className="min-w-0">
        <p className="font-mono text-sm font-medium">{key}</p>
        <p className="muted mt-0.5 text-sm">{description}</p>
        <p className="mt-0.5 text-xs leading-5" data-commands="">
          <AllowedCommands commands={value} />
          {updated_at && (
            <span className="muted">
              {' · changed '}
              <Time at={updated_at} />
            </span>
          )}
        </p>
      </div>
      {hasRole('admin') && (
        <div className="flex flex-wrap items-center gap-2 sm:justify-end">
          <Button size="normal" aria-label={`Edit ${key}`} onClick={() => setEditing(true)}>
            Edit
          </Button>
          {value !== null && (
            <Button size="normal" aria-label={`Reset ${key} to its default`} onClick={() => change.mutate(null)}>
              Reset
            </Button>
          )}
        </div>
      )}
      {editing && <AllowedCommandsDialog title={key} commands={value} choices={CHOICES} onSave={change.mutate} onClose={() => setEditing(false)} />}
    </div>
  )
}
