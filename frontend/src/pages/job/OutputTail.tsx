import { useEffect, useRef } from 'react'
import { escapeHidden } from '../../components/escapeHidden'

/** The last lines of an output, scrolled to the end. */
export function OutputTail({ text }: { text: string }) {
  const box = useRef<HTMLPreElement>(null)
  useEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight
  }, [text])
  return (
    <pre
      ref={box}
      tabIndex={0}
      role="region"
      aria-label="Last output"
      className="mt-2 max-h-40 overflow-y-auto rounded-lg bg-stone-100 px-3 py-2 font-mono text-xs wrap-anywhere whitespace-pre-wrap dark:bg-stone-950"
    >
      {escapeHidden(text)}
    </pre>
  )
}
