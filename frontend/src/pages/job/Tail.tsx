import { useEffect, useRef } from 'react'
import { visible } from '../../components/visible'

/** The last lines of an output; it opens at its end. */
export function Tail({ text }: { text: string }) {
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
      {visible(text)}
    </pre>
  )
}
