/**
 * Characters that are invisible or change the order of text: control characters except line breaks and tabs, direction
 * marks and overrides, invisible and deprecated format characters, tags.
 */
const HIDDEN =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu

/** Escapes characters that would be invisible or could make text look like something else. */
export const escapeHidden = (text: string) => text.replace(HIDDEN, escapeSequence)

function escapeSequence(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (character === '\r') return '\\r'
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`
}
