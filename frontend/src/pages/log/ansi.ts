/** Text style as set by SGR sequences. Colours are CSS colours. */
export interface Style {
  fg?: string
  bg?: string
  bold?: boolean
  dim?: boolean
  italic?: boolean
  underline?: boolean
  strike?: boolean
  inverse?: boolean
  hidden?: boolean
}

/** A range of text that ends at `end`, in one style. */
export interface StyledRange {
  end: number
  style: Style
}

export interface Parsed {
  /** The text as a terminal would show it. */
  text: string
  ranges: StyledRange[]
  /** The style at the end, for the text that follows. */
  style: Style
}

export const PLAIN: Style = {}

/** Escape sequences (CSI, OSC and similar, short ones) and other control characters that are not shown. */
const NOT_PRINTED = /\x1b(?:\[([\x30-\x3f]*)[\x20-\x2f]*([\x40-\x7e])|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x20-\x2f]*[\x30-\x7e]?)|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g

/** Parses a line as a terminal would: with colours, and without text that a carriage return overwrote. */
export function parse(line: string, style: Style): Parsed {
  let text = ''
  let ranges: StyledRange[] = []
  let overwrite = false
  const show = (shown: string) => {
    if (shown === '') return
    if (overwrite) {
      text = ''
      ranges = []
      overwrite = false
    }
    text += shown
    const last = ranges.at(-1)
    if (last?.style === style) last.end = text.length
    else ranges.push({ end: text.length, style })
  }
  let shownTo = 0
  for (const match of line.matchAll(NOT_PRINTED)) {
    show(line.slice(shownTo, match.index))
    shownTo = match.index + match[0].length
    if (match[0] === '\r') overwrite = true
    else if (match[2] === 'm') style = applySgr(style, match[1] ?? '')
  }
  show(line.slice(shownTo))
  return { text, ranges, style }
}

/** Removes what is not shown; the number of lines stays the same. */
export function stripAnsi(text: string): string {
  if (!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(text)) return text
  const left = text.includes('\r') ? text.split('\n').map(notOverwritten).join('\n') : text
  return left.replace(NOT_PRINTED, '')
}

/** The text after the last carriage return that is followed by anything. */
function notOverwritten(line: string): string {
  let end = line.length
  while (line[end - 1] === '\r') end--
  return line.slice(line.lastIndexOf('\r', end - 1) + 1)
}

/** The style at the end of `text`. */
export function styleAfter(text: string): Style {
  let style = PLAIN
  for (const match of text.matchAll(NOT_PRINTED)) if (match[2] === 'm') style = applySgr(style, match[1] ?? '')
  return style
}

const ON: Record<number, Style> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  8: { hidden: true },
  9: { strike: true },
  21: { underline: true },
}
const OFF: Record<number, (keyof Style)[]> = {
  22: ['bold', 'dim'],
  23: ['italic'],
  24: ['underline'],
  27: ['inverse'],
  28: ['hidden'],
  29: ['strike'],
  39: ['fg'],
  49: ['bg'],
}

function applySgr(style: Style, sequence: string): Style {
  // `4:3` is a kind of underline, `38:2::r:g:b` and `38:5:n` are colours: colons bind closer than semicolons.
  const codes = sequence.split(';').map((code) => code.split(':'))
  for (let at = 0; at < codes.length; at++) {
    const [code = 0, ...detail] = (codes[at] ?? []).map(Number)
    if (code === 38 || code === 48) {
      const flat = detail.length > 0 ? detail : codes.slice(at + 1, at + 5).map(([first]) => Number(first))
      const colour = flat[0] === 2 && flat.length > 4 ? [2, ...flat.slice(-3)] : flat
      if (detail.length === 0) at += colour[0] === 2 ? 4 : 2
      style = { ...style, [code === 38 ? 'fg' : 'bg']: colour[0] === 2 ? rgb(colour.slice(1)) : palette(colour[1] ?? 0) }
    } else style = applyCode(style, code, detail[0])
  }
  return style
}

function applyCode(style: Style, code: number, detail: number | undefined): Style {
  if (code === 0) return PLAIN
  if (code === 4 && detail === 0) return without(style, ['underline'])
  if (ON[code]) return { ...style, ...ON[code] }
  if (OFF[code]) return without(style, OFF[code])
  if (code >= 30 && code <= 37) return { ...style, fg: palette(code - 30) }
  if (code >= 40 && code <= 47) return { ...style, bg: palette(code - 40) }
  if (code >= 90 && code <= 97) return { ...style, fg: palette(code - 82) }
  if (code >= 100 && code <= 107) return { ...style, bg: palette(code - 92) }
  return style
}

const without = (style: Style, keys: (keyof Style)[]) =>
  Object.fromEntries(Object.entries(style).filter(([key]) => !keys.includes(key as keyof Style))) as Style

/** The sixteen colours, readable on the dark background of the log. */
const NAMED = [
  [41, 37, 36], [248, 113, 113], [74, 222, 128], [250, 204, 21], [96, 165, 250], [232, 121, 249], [34, 211, 238], [214, 211, 209],
  [120, 113, 108], [252, 165, 165], [134, 239, 172], [253, 224, 71], [147, 197, 253], [240, 171, 252], [103, 232, 249], [250, 250, 249],
] // prettier-ignore

function palette(number: number): string {
  const named = NAMED[number]
  if (named) return rgb(named)
  if (number >= 232) return rgb(Array<number>(3).fill(8 + (number - 232) * 10))
  const cube = number - 16
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40)
  return rgb([level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)])
}

const rgb = (ranges: number[]) =>
  `rgb(${[0, 1, 2].map((part) => Math.min(255, Math.max(0, Math.trunc(ranges[part] ?? 0) || 0))).join(' ')})`
