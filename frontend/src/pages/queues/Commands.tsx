import { useState } from 'react'
import type { Queue } from '../../api/client'
import { Button } from '../../components/Button'
import { closeDialog, Dialog } from '../../components/Dialog'
import { visible } from '../../components/visible'
import { useMay } from '../../session/session'
import type { QueueChange } from './useChangeQueue'

const SHOWN = 3

interface Props {
  queue: Queue
  change: (change: QueueChange) => void
}

/** Which commands a queue takes. */
export function Commands({ queue, change }: Props) {
  const { name, commands } = queue
  const [editing, setEditing] = useState(false)
  const may = useMay()
  const more = (commands?.length ?? 0) - SHOWN
  return (
    <div className="flex items-start gap-3 border-t pt-3 text-xs">
      <p className="min-w-0 flex-1 leading-5" data-commands="">
        {commands === null ? (
          <span className="muted">Takes any command</span>
        ) : commands.length === 0 ? (
          'Takes no command'
        ) : (
          <>
            <span className="muted">Takes only </span>
            {commands.slice(0, SHOWN).map((command) => (
              <code key={command} title={visible(command)} className="mr-1 inline-block max-w-full truncate rounded bg-stone-100 px-1.5 align-middle font-mono dark:bg-stone-800">
                {visible(command)}
              </code>
            ))}
            {more > 0 && <span className="muted">and {more} more</span>}
          </>
        )}
      </p>
      {may('admin') && (
        <Button aria-label={`Change the commands of ${name}`} onClick={() => setEditing(true)}>
          Change
        </Button>
      )}
      {editing && <Edit queue={queue} change={change} closed={() => setEditing(false)} />}
    </div>
  )
}

function Edit({ queue: { name, commands }, change, closed }: Props & { closed: () => void }) {
  const [only, setOnly] = useState(commands !== null)
  const [text, setText] = useState(commands?.join('\n') ?? '')
  const listed = text.split('\n').map((line) => line.trim()).filter(Boolean)
  return (
    <Dialog title={`Commands of ${name}`} closed={closed}>
      <form
        className="mt-3 space-y-4 text-sm"
        onSubmit={(event) => {
          event.preventDefault()
          change({ name, change: { commands: only ? listed : null } })
          closeDialog(event)
        }}
      >
        <fieldset className="space-y-2">
          <legend className="sr-only">Which it takes</legend>
          <label className="flex items-center gap-2">
            <input type="radio" name="only" checked={!only} onChange={() => setOnly(false)} className="size-4 accent-indigo-600" />
            Any command
          </label>
          <label className="flex items-center gap-2">
            <input type="radio" name="only" checked={only} onChange={() => setOnly(true)} className="size-4 accent-indigo-600" />
            Only these
          </label>
        </fieldset>
        {only && (
          <div>
            <label htmlFor="commands" className="font-medium">
              One a line
            </label>
            <textarea
              id="commands"
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
              {listed.length === 0 && ' With none, it takes nothing.'}
            </p>
          </div>
        )}
        <p className="muted text-xs">What waits in it already is not looked at.</p>
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
