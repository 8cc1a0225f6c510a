import { memo, type MouseEvent } from 'react'
import { bytes } from '../../components/numbers'
import { visible } from '../../components/visible'
import { look } from './look'
import { pieces } from './pieces'
import type { Row } from './rows'

interface Props {
  /** Counted from 1. */
  number: number
  row: Row
  /** Characters of the largest number. */
  digits: number
  wrap: boolean
  marked: boolean
  pattern: RegExp | undefined
  /** Which of its matches is the one that is looked at. */
  current: number | undefined
  pick: (number: number, event: MouseEvent) => void
}

const GAP = /^\[\.\.\. \d+ bytes were not kept \.\.\.\]$/

/** A line of output. */
export const Line = memo(function Line({ number, row, digits, wrap, marked, pattern, current, pick }: Props) {
  return (
    <div data-line={number} className={`flex min-h-5 ${marked ? 'bg-indigo-900/70' : ''}`}>
      <a
        href={`#L${number}`}
        aria-label={`Line ${number}`}
        aria-current={marked ? 'location' : undefined}
        onClick={(event) => pick(number, event)}
        style={{ width: `calc(${digits}ch + 1.5rem)` }}
        className={`sticky left-0 shrink-0 pr-3 text-right text-stone-400 select-none hover:text-stone-100 ${marked ? 'bg-indigo-900' : 'bg-stone-950'}`}
      >
        {number}
      </a>
      <span
        className={`pr-4 ${wrap ? 'min-w-0 break-all whitespace-pre-wrap' : 'whitespace-pre'} ${GAP.test(row.text) ? 'text-amber-300 italic' : ''}`}
      >
        {pieces(row.text, row.parts, pattern).map(({ text, style, hit }, index) =>
          hit === undefined ? (
            <span key={index} style={look(style)}>
              {visible(text)}
            </span>
          ) : (
            <mark key={index} aria-current={hit === current} className={hit === current ? 'bg-orange-400 text-black' : 'bg-yellow-200 text-black'}>
              {visible(text)}
            </mark>
          ),
        )}
        {row.cut > 0 && <span className="text-amber-300 italic"> … {bytes(row.cut)} more in this line: download it</span>}
      </span>
    </div>
  )
}, same)

/** Rows are told anew with each frame; most of them are what they were. */
function same({ row: before, ...was }: Props, { row: now, ...is }: Props): boolean {
  return (
    before.text === now.text &&
    before.cut === now.cut &&
    before.parts.length === now.parts.length &&
    (Object.keys(was) as (keyof typeof was)[]).every((name) => was[name] === is[name])
  )
}
