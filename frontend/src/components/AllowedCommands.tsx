import { useId, useState } from 'react'
import { Button } from './Button'
import { closeDialog, Dialog } from './Dialog'
import { escapeHidden } from './escapeHidden'

const MAX_SHOWN = 3

/** An entry that allows any command. */
export const ANY_COMMAND = '*'

/** A one-line summary of the allowed commands; null means any. */
export function AllowedCommands({ commands }: { commands: string[] | null }) {
  if (commands === null || commands.includes(ANY_COMMAND)) return <span className="muted">Accepts any command</span>
  if (commands.length === 0) return 'Accepts no commands'
  const more = commands.length - MAX_SHOWN
  return (
    <>
      <span className="muted">Accepts only </span>
      {commands.slice(0, MAX_SHOWN).map((command, index) => (
        <code key={index} title={escapeHidden(command)} className="mr-1 inline-block max-w-full truncate rounded bg-stone-100 px-1.5 align-middle font-mono dark:bg-stone-800">
          {escapeHidden(command)}
        </code>
      ))}
      {more > 0 && <span className="muted">and {more} more</span>}
    </>
  )
}

interface Props {
  title: string
  commands: string[] | null
  /** The alternatives to a list. */
  choices: { name: string; commands: string[] | null }[]
  onSave: (commands: string[] | null) => void
  onClose: () => void
}

/** Edits a list of allowed commands. */
export function AllowedCommandsDialog({ title, commands, choices, onSave, onClose }: Props) {
  const id = useId()
  const [chosen, setChosen] = useState(() => choices.find((choice) => isSame(choice.commands, commands)))
  const [text, setText] = useState(commands?.join('\n') ?? '')
  const listed = text.split('\n').map((line) => line.trim()).filter(Boolean)
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="mt-3 space-y-4 text-sm"
        onSubmit={(event) => {
          event.preventDefault()
          onSave(chosen ? chosen.commands : listed)
          closeDialog(event)
        }}
      >
        <fieldset className="space-y-2">
          <legend className="sr-only">Allowed commands</legend>
          {[...choices, undefined].map((choice) => (
            <label key={choice?.name ?? ''} className="flex items-center gap-2">
              <input type="radio" name={id} checked={choice?.name === chosen?.name} onChange={() => setChosen(choice)} className="size-4 accent-indigo-600" />
              {choice?.name ?? 'Only these commands'}
            </label>
          ))}
        </fieldset>
        {!chosen && (
          <div>
            <label htmlFor={`${id}-list`} className="font-medium">
              One command per line
            </label>
            <textarea
              id={`${id}-list`}
              rows={Math.min(12, Math.max(4, text.split('\n').length))}
              spellCheck={false}
              value={text}
              placeholder={'ffmpeg *\n/srv/nightly.sh'}
              onChange={(event) => setText(event.target.value)}
              className="field mt-1 w-full font-mono"
            />
            <p className="muted mt-1 text-xs">
              Either an exact command, or a program followed by <code className="font-mono">*</code> for any arguments, plain
              or single-quoted. Jobs that match cannot set an environment or a working directory.
              {listed.length === 0 && ' An empty list allows no commands.'}
            </p>
          </div>
        )}
        <p className="muted text-xs">Pending jobs still run.</p>
        <div className="flex justify-end gap-2">
          <Button size="normal" onClick={closeDialog}>
            Cancel
          </Button>
          <Button variant="primary" size="normal" type="submit">
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

const isSame = (one: string[] | null, other: string[] | null) => JSON.stringify(one) === JSON.stringify(other)
