import anser from 'anser'
import { memo } from 'react'

const OPTIONS = { json: true, use_classes: true, remove_empty: true } as const

/** A line of output with the colours that it asks for; other control characters are left out. */
export const Line = memo(function Line({ text }: { text: string }) {
  return (
    <div className="line min-h-5 px-4 break-all whitespace-pre-wrap">
      {anser.ansiToJson(text, OPTIONS).map(({ content, fg, bg, decorations }, part) => (
        <span
          key={part}
          className={[fg && `${fg}-fg`, bg && `${bg}-bg`, ...decorations.map((name) => `ansi-${name}`)]
            .filter(Boolean)
            .join(' ')}
        >
          {content.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')}
        </span>
      ))}
    </div>
  )
})
