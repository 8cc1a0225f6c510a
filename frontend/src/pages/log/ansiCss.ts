import type { CSSProperties } from 'react'
import type { Style } from './ansi'

const BACKGROUND = 'rgb(12 10 9)'
const TEXT = 'rgb(231 229 228)'
const MIN_CONTRAST = 4.5

/** CSS for a style on the log's dark background; colours that are too dark to read are lightened. */
export function toCss({ fg, bg, bold, dim, italic, underline, strike, inverse, hidden }: Style): CSSProperties {
  const [foreground, background] = inverse ? [bg ?? BACKGROUND, fg ?? TEXT] : [fg, bg]
  const color = foreground ?? (background && (contrast(background, TEXT) > contrast(background, BACKGROUND) ? TEXT : BACKGROUND))
  const lines = [underline && 'underline', strike && 'line-through'].filter(Boolean).join(' ')
  return {
    ...(color && { color: background ? color : readable(color) }),
    ...(background && { backgroundColor: background }),
    ...(bold && { fontWeight: 700 }),
    ...(dim && { opacity: 0.7 }),
    ...(italic && { fontStyle: 'italic' }),
    ...(lines && { textDecorationLine: lines }),
    ...(hidden && { color: 'transparent' }),
  }
}

function readable(colour: string): string {
  let lighter = colour
  while (contrast(lighter, BACKGROUND) < MIN_CONTRAST) {
    lighter = `rgb(${numbers(lighter)
      .map((part) => Math.ceil(part + (255 - part) / 8))
      .join(' ')})`
  }
  return lighter
}

/** The contrast of two colours according to WCAG: 1 to 21. */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(numbers(one)), luminance(numbers(other))].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

const numbers = (colour: string) => (colour.match(/\d+/g) ?? []).map(Number)

/** Relative luminance according to WCAG. */
function luminance(parts: number[]): number {
  const [red = 0, green = 0, blue = 0] = parts.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
