import { bytesOf, sizeText } from './byteSize'
import type { InputKind } from './fields'
import { lockText, type Lock } from './lockText'

/** The form text of a checkbox that is checked. */
export const CHECKED = 'on'

/** Either the value to send to the API (null: the default), or what is wrong with the text. */
export type Parsed = { value: unknown } | { problem: string }

interface Input {
  parse: (text: string) => Parsed
  /** The text that parses to a value of the API, which is never null. */
  format: (value: unknown) => string
}

const trimmed: Input = { parse: (text) => ({ value: text.trim() || null }), format: String }

/** What the text of each kind of input means. Schedules are not a single text: see jobForm.ts. */
export const INPUTS: Record<Exclude<InputKind, 'schedule'>, Input> = {
  text: trimmed,
  queue: trimmed,
  command: { parse: (text) => ({ value: text }), format: String },
  number: { parse: parseNumber, format: String },
  size: { parse: parseSize, format: (value) => sizeText(value as number) },
  checkbox: { parse: (text) => ({ value: text === CHECKED }), format: (value) => (value ? CHECKED : '') },
  lock: { parse: parseLock, format: (value) => lockText(value as Lock) },
  tags: {
    parse: (text) => ({ value: text.split(/[\s,]+/).filter(Boolean) }),
    format: (value) => (value as string[]).join(' '),
  },
  environment: {
    parse: parseEnvironment,
    format: (value) =>
      Object.entries(value as Record<string, string>)
        .map(([name, content]) => `${name}=${content}`)
        .join('\n'),
  },
}

export function parseNumber(text: string): Parsed {
  const number = text.trim()
  if (number === '') return { value: null }
  return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(number) ? { value: Number(number) } : { problem: 'must be a number' }
}

function parseSize(text: string): Parsed {
  if (text.trim() === '') return { value: null }
  const bytes = bytesOf(text)
  return bytes === undefined ? { problem: 'must be a size, such as 512 MiB' } : { value: bytes }
}

function parseLock(text: string): Parsed {
  if (text.trim() === '') return { value: null }
  const [, key, limit] = /^([^=]+)(?:=([1-9]\d*))?$/.exec(text.trim()) ?? []
  return key === undefined ? { problem: 'must be KEY or KEY=N' } : { value: { key, limit: Number(limit ?? 1) } }
}

function parseEnvironment(text: string): Parsed {
  const env: Record<string, string> = {}
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const [, name, value] = /^\s*([^=\s]+)=(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) return { problem: `line ${index + 1} must be NAME=value` }
    env[name] = value
  }
  return { value: env }
}
