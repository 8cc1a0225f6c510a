import { useState } from 'react'
import { Button } from './Button'
import { copyToClipboard } from './clipboard'

const SHOWN_MS = 1500

/** A button that copies `text` to the clipboard. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState<boolean>()
  return (
    <Button
      variant="ghost"
      aria-label={`Copy ${label}`}
      onClick={() =>
        void copyToClipboard(text).then((copied) => {
          setCopied(copied)
          setTimeout(() => setCopied(undefined), SHOWN_MS)
        })
      }
    >
      <span role="status">{copied === undefined ? 'Copy' : copied ? 'Copied' : 'Press Ctrl+C'}</span>
    </Button>
  )
}
