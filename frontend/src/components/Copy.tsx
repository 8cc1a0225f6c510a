import { useState } from 'react'
import { Button } from './Button'
import { copy } from './copy'

const SHOWN_MS = 1500

/** A button that puts `text` on the clipboard. */
export function Copy({ text, what }: { text: string; what: string }) {
  const [done, setDone] = useState<boolean>()
  return (
    <Button
      kind="quiet"
      aria-label={`Copy ${what}`}
      onClick={() =>
        void copy(text).then((copied) => {
          setDone(copied)
          setTimeout(() => setDone(undefined), SHOWN_MS)
        })
      }
    >
      <span role="status">{done === undefined ? 'Copy' : done ? 'Copied' : 'Press Ctrl+C'}</span>
    </Button>
  )
}
