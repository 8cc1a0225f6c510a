import { useId, useState } from 'react'
import { Button } from './Button'
import { closeDialog, Dialog } from './Dialog'
import { visible } from './visible'

const SHOWN = 3

/** In a list: any command. */
export const ANY = '*'

/** Which commands are taken, in a line; null: all. */
export function Taken({ commands }: { commands: string[] | null }) {
  if (commands === null || commands.includes(ANY)) return <span className="muted">Takes any command</span>
  if (commands.length === 0) return 'Takes no command'
  const more = commands.length - SHOWN
  return (
    <>
      <span className="muted">Takes only </span>
      {commands.slice(0, SHOWN).map((command, index) => (
        <code key={index} title={visible(command)} className="mr-1 inline-block max-w-full truncate rounded bg-stone-100 px-1.5 align-middle font-mono dark:bg-stone-800">
          {visible(command)}
        </code>
      ))}
      {more > 0 && <span className="muted">and {more} more</span>}
    </>
  )
}

interface Props {
  title: string
  commands: string[] | null
  /** What may be chosen in place of a list. */
  choices: { name: string; commands: string[] | null }[]
  set: (commands: string[] | null) => void
  closed: () => void
}

/** Asks which commands are to be taken. */
export function CommandsDialog({ title, commands, choices, set, closed }: Props) {
  const id = useId()
  const [chosen, setChosen] = useState(() => choices.find((choice) => isSame(choice.commands, commands)))
  const [text, setText] = useState(commands?.join('\n') ?? '')
  const listed = text.split('\n').map((line) => line.trim()).filter(Boolean)
  return (
    <Dialog title={title} closed={closed}>
      <form
        className="mt-3 space-y-4 text-sm"
        onSubmit={(event) => {
          event.preventDefault()
          set(chosen ? chosen.commands : listed)
          closeDialog(event)
        }}
      >
        <fieldset className="space-y-2">
          <legend className="sr-only">Which are taken</legend>
          {[...choices, undefined].map((choice) => (
            <label key={choice?.name ?? ''} className="flex items-center gap-2">
              <input type="radio" name={id} checked={choice?.name === chosen?.name} onChange={() => setChosen(choice)} className="size-4 accent-indigo-600" />
              {choice?.name ?? 'Only these'}
            </label>
          ))}
        </fieldset>
        {!chosen && (
          <div>
            <label htmlFor={`${id}-list`} className="font-medium">
              One a line
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
              A command as it is enqueued, or a program and <code className="font-mono">*</code> for any words behind it, plain or in
              single quotes. Their jobs set neither environment nor directory.
              {listed.length === 0 && ' With none, nothing is taken.'}
            </p>
          </div>
        )}
        <p className="muted text-xs">Jobs that wait already still run.</p>
        <div className="flex justify-end gap-2">
          <Button size="normal" onClick={closeDialog}>
            Leave as it is
          </Button>
          <Button kind="primary" size="normal" type="submit">
            Set
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

const isSame = (one: string[] | null, other: string[] | null) => JSON.stringify(one) === JSON.stringify(other)
