import { memo, type MouseEvent } from 'react'
import { formatBytes } from '../../components/numbers'
import { escapeHidden } from '../../components/escapeHidden'
import { toCss } from './ansiCss'
import { segments } from './segments'
import type { Row } from './rows'

interface Props {
  /** Counts from 1. */
  number: number
  row: Row
  /** Digits of the largest line number. */
  digits: number
  wrap: boolean
  selected: boolean
  pattern: RegExp | undefined
  /** The index of the current match in this line. */
  current: number | undefined
  onSelect: (number: number, event: MouseEvent) => void
}

const GAP_NOTE = /^\[\.\.\. \d+ bytes were not kept \.\.\.\]$/

/** A line of output. */
export const Line = memo(function Line({ number, row, digits, wrap, selected, pattern, current, onSelect }: Props) {
  return (
    <div data-line={number} className={`flex min-h-5 ${selected ? 'bg-indigo-900/70' : ''}`}>
      <a
        href={`#L${number}`}
        aria-label={`Line ${number}`}
        aria-current={selected ? 'location' : undefined}
        onClick={(event) => onSelect(number, event)}
        style={{ width: `calc(${digits}ch + 1.5rem)` }}
        className={`sticky left-0 shrink-0 pr-3 text-right text-stone-400 select-none hover:text-stone-100 ${selected ? 'bg-indigo-900' : 'bg-stone-950'}`}
      >
        {number}
      </a>
      <span
        className={`pr-4 ${wrap ? 'min-w-0 break-all whitespace-pre-wrap' : 'whitespace-pre'} ${GAP_NOTE.test(row.text) ? 'text-amber-300 italic' : ''}`}
      >
        {segments(row.text, row.parts, pattern).map(({ text, style, match }, index) =>
          match === undefined ? (
            <span key={index} style={toCss(style)}>
              {escapeHidden(text)}
            </span>
          ) : (
            <mark key={index} aria-current={match === current} className={match === current ? 'bg-orange-400 text-black' : 'bg-yellow-200 text-black'}>
              {escapeHidden(text)}
            </mark>
          ),
        )}
        {row.cut > 0 && <span className="text-amber-300 italic"> … {formatBytes(row.cut)} more on this line (download it to see all)</span>}
      </span>
    </div>
  )
}, isSameLine)

/** Every frame has new row objects, most of them unchanged. */
function isSameLine({ row: before, ...was }: Props, { row: now, ...is }: Props): boolean {
  return (
    before.text === now.text &&
    before.cut === now.cut &&
    before.parts.length === now.parts.length &&
    (Object.keys(was) as (keyof typeof was)[]).every((name) => was[name] === is[name])
  )
}
