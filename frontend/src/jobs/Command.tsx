import { CopyButton } from '../components/CopyButton'
import { escapeHidden } from '../components/escapeHidden'

/** A command as it was given, with a button to copy it. */
export function Command({ command }: { command: string }) {
  return (
    <div className="mt-3 flex items-start gap-2">
      <pre
        tabIndex={0}
        aria-label="Command"
        className="max-h-60 min-w-0 flex-1 overflow-y-auto rounded-lg bg-stone-100 px-3 py-2 font-mono text-sm wrap-anywhere whitespace-pre-wrap dark:bg-stone-950"
      >
        {escapeHidden(command)}
      </pre>
      <CopyButton text={command} label="the command" />
    </div>
  )
}
