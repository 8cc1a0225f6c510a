import { Copy } from './Copy'

/** What must be copied now, as it is shown this once. */
export function Secret({ text, what }: { text: string; what: string }) {
  return (
    <div className="flex items-start gap-2 rounded-lg border border-emerald-600 bg-emerald-50 p-3 dark:bg-emerald-950/50">
      <code data-secret="" className="min-w-0 flex-1 font-mono text-sm wrap-anywhere">
        {text}
      </code>
      <Copy text={text} what={what} />
    </div>
  )
}
