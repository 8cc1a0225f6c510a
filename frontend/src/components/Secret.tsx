import { CopyButton } from './CopyButton'

/** A secret that is shown only once and has to be copied now. */
export function Secret({ text, label }: { text: string; label: string }) {
  return (
    <div className="flex items-start gap-2 rounded-lg border border-emerald-600 bg-emerald-50 p-3 dark:bg-emerald-950/50">
      <code data-secret="" className="min-w-0 flex-1 font-mono text-sm wrap-anywhere">
        {text}
      </code>
      <CopyButton text={text} label={label} />
    </div>
  )
}
