import type { NewJob } from '../../api/client'
import { WRITABLE } from '../../jobs/fields'

export type Format = 'json' | 'ndjson' | 'commands'

/** An input error at a line, or at an item of an array; both count from 1. */
export interface Problem {
  line?: number
  item?: number
  message: string
}

/** A job as it was given, before validation. */
type RawJob = Partial<Record<keyof NewJob, unknown>>

/** The jobs in a text. */
export interface ParsedJobs {
  format: Format
  count: number
  /** The first jobs. */
  preview: { position: number; job: RawJob }[]
  /** The first problems, and the number of all. */
  problems: Problem[]
  problemCount: number
  /** The request body. For NDJSON and JSON it is the input itself. */
  body: Blob
}

const MAX_SHOWN = 50

export const CONTENT_TYPES: Record<Format, string> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  commands: 'application/x-ndjson',
}

/** Detects the format and parses it: JSON, NDJSON, or one command per line. `input` is the source of `text`. */
export function parseJobs(text: string, input: Blob): ParsedJobs {
  const begin = text.trimStart()
  if (begin.startsWith('[')) return parseJson(text, input)
  if (!begin.startsWith('{')) return parseCommands(text)
  // An object over several lines, or NDJSON: the first line tells.
  const [firstLine = ''] = begin.split('\n', 1)
  const one = tryParse(firstLine).problem !== undefined && tryParse(text).problem === undefined
  return one ? parseJson(text, new Blob(['[', input, ']'])) : parseNdjson(text, input)
}

function parseJson(text: string, body: Blob): ParsedJobs {
  const { value, problem } = tryParse(text)
  if (problem !== undefined) {
    return { format: 'json', count: 0, preview: [], problems: [{ ...errorLine(problem, text), message: `invalid JSON: ${problem}` }], problemCount: 1, body }
  }
  const items = Array.isArray(value) ? (value as unknown[]) : [value]
  const found = collector('json', body)
  items.forEach((item, index) => found.add(index + 1, item, { item: index + 1 }))
  return found.jobs
}

function parseNdjson(text: string, body: Blob): ParsedJobs {
  const found = collector('ndjson', body)
  eachLine(text, (line, number) => {
    if (line.trim() === '') return
    const { value, problem } = tryParse(line)
    if (problem === undefined) found.add(number, value, { line: number })
    else found.addProblem({ line: number, message: `invalid JSON: ${problem}` })
  })
  return found.jobs
}

/**
 * Blank lines and comments are skipped, but kept as blank lines in the body, so that the API reports the same line
 * numbers.
 */
function parseCommands(text: string): ParsedJobs {
  const parts: string[] = []
  const found = collector('commands', new Blob())
  eachLine(text, (line, number) => {
    const command = line.trim()
    const counts = command !== '' && !command.startsWith('#')
    if (counts) found.add(number, { command }, { line: number })
    parts.push(counts ? `${JSON.stringify({ command })}\n` : '\n')
  })
  return { ...found.jobs, body: new Blob(parts) }
}

function collector(format: Format, body: Blob) {
  const jobs: ParsedJobs = { format, count: 0, preview: [], problems: [], problemCount: 0, body }
  const addProblem = (problem: Problem) => {
    jobs.problemCount++
    if (jobs.problems.length < MAX_SHOWN) jobs.problems.push(problem)
  }
  const add = (position: number, value: unknown, where: Omit<Problem, 'message'>) => {
    const message = findProblem(value)
    if (message !== undefined) {
      addProblem({ ...where, message })
      return
    }
    jobs.count++
    if (jobs.preview.length < MAX_SHOWN) jobs.preview.push({ position, job: value as RawJob })
  }
  return { jobs, addProblem, add }
}

/** Finds problems that need no request; the API validates everything. */
function findProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object, such as {"command": "echo hello"}'
  const unknown = Object.keys(value).find((name) => !WRITABLE.has(name))
  if (unknown !== undefined) return `unknown field ${unknown}`
  const { command, run_at, delay } = value as Partial<NewJob>
  if (command === undefined) return 'command is missing'
  if (typeof command !== 'string' || command.trim() === '') return 'command must not be empty'
  if (run_at != null && delay != null) return 'run_at and delay are mutually exclusive'
  return undefined
}

function eachLine(text: string, take: (line: string, number: number) => void): void {
  let begin = 0
  for (let number = 1; begin < text.length; number++) {
    const end = text.indexOf('\n', begin)
    take(text.slice(begin, end < 0 ? undefined : end), number)
    begin = end < 0 ? text.length : end + 1
  }
}

function tryParse(text: string): { value?: unknown; problem?: string } {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (fault) {
    return { problem: (fault as Error).message }
  }
}

/** The line of a JSON syntax error, if the message contains its position. */
function errorLine(problem: string, text: string): { line?: number } {
  const position = /position (\d+)/.exec(problem)?.[1]
  return position === undefined ? {} : { line: text.slice(0, Number(position)).split('\n').length }
}

/** Splits the line or item off an API error about a batch. */
export function problemFrom(message: string): Problem {
  const [, format, number, rest] = /^(line|item) (\d+): ([\s\S]*)$/.exec(message) ?? []
  if (format === undefined || rest === undefined) return { message }
  return { [format]: Number(number), message: rest }
}
