import type { NewJob } from '../../api/client'

export type Kind = 'json' | 'ndjson' | 'commands'

/** Something that the API would refuse, and where: a line from 1 on, or an item of an array from 0 on. */
export interface Trouble {
  line?: number
  item?: number
  message: string
}

/** A job as it was given; its values may be anything. */
type Given = Partial<Record<keyof NewJob, unknown>>

/** Jobs found in a text. */
export interface Jobs {
  kind: Kind
  count: number
  /** The first ones. */
  shown: { place: number; job: Given }[]
  /** The first ones, and how many there are in all. */
  troubles: Trouble[]
  troubled: number
  /** What to send. For NDJSON and JSON it is what was given. */
  body: Blob
}

const SHOWN = 50

export const CONTENT_TYPES: Record<Kind, string> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  commands: 'application/x-ndjson',
}

const FIELDS: Record<keyof NewJob, true> = {
  command: true,
  id: true,
  queue: true,
  priority: true,
  run_at: true,
  delay: true,
  max_retries: true,
  backoff_base: true,
  timeout: true,
  env: true,
  cwd: true,
  tags: true,
  limits: true,
  sandbox: true,
}

/** Finds out what a text holds: JSON, a JSON object a line, or a command a line. `given` is what it was read from. */
export function jobsIn(text: string, given: Blob): Jobs {
  const begin = text.trimStart()
  if (begin.startsWith('[')) return jsonIn(text, given)
  if (!begin.startsWith('{')) return commandsIn(text)
  // An object over several lines, or a job a line: the first line tells.
  const [firstLine = ''] = begin.split('\n', 1)
  const one = parsed(firstLine).problem !== undefined && parsed(text).problem === undefined
  return one ? jsonIn(text, new Blob(['[', given, ']'])) : linesIn(text, given)
}

function jsonIn(text: string, body: Blob): Jobs {
  const { value, problem } = parsed(text)
  if (problem !== undefined) {
    return { kind: 'json', count: 0, shown: [], troubles: [{ ...placeOf(problem, text), message: `is not valid JSON: ${problem}` }], troubled: 1, body }
  }
  const items = Array.isArray(value) ? (value as unknown[]) : [value]
  const found = collect('json', body)
  items.forEach((item, index) => found.add(index, item, { item: index }))
  return found.jobs
}

function linesIn(text: string, body: Blob): Jobs {
  const found = collect('ndjson', body)
  eachLine(text, (line, number) => {
    if (line.trim() === '') return
    const { value, problem } = parsed(line)
    if (problem === undefined) found.add(number, value, { line: number })
    else found.refuse({ line: number, message: `is not valid JSON: ${problem}` })
  })
  return found.jobs
}

/** Blank lines and comments are passed over; what is sent has a line for each of them, so that numbers stay right. */
function commandsIn(text: string): Jobs {
  const parts: string[] = []
  const found = collect('commands', new Blob())
  eachLine(text, (line, number) => {
    const command = line.trim()
    const counts = command !== '' && !command.startsWith('#')
    if (counts) found.add(number, { command }, { line: number })
    parts.push(counts ? `${JSON.stringify({ command })}\n` : '\n')
  })
  return { ...found.jobs, body: new Blob(parts) }
}

function collect(kind: Kind, body: Blob) {
  const jobs: Jobs = { kind, count: 0, shown: [], troubles: [], troubled: 0, body }
  const refuse = (trouble: Trouble) => {
    jobs.troubled++
    if (jobs.troubles.length < SHOWN) jobs.troubles.push(trouble)
  }
  const add = (place: number, value: unknown, where: Omit<Trouble, 'message'>) => {
    const message = wrongWith(value)
    if (message !== undefined) {
      refuse({ ...where, message })
      return
    }
    jobs.count++
    if (jobs.shown.length < SHOWN) jobs.shown.push({ place, job: value as Given })
  }
  return { jobs, refuse, add }
}

/** What can be seen without asking the API, which has the last word. */
function wrongWith(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object, as in {"command": "echo hello"}'
  const unknown = Object.keys(value).find((name) => !(name in FIELDS))
  if (unknown !== undefined) return `${unknown} is not a field of a job`
  const { command, run_at, delay } = value as Partial<NewJob>
  if (command === undefined) return 'command is missing'
  if (typeof command !== 'string' || command.trim() === '') return 'command must hold a command'
  if (run_at != null && delay != null) return 'run_at and delay exclude each other: give one of them'
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

function parsed(text: string): { value?: unknown; problem?: string } {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (fault) {
    return { problem: (fault as Error).message }
  }
}

/** The line that a JSON parser complains of, where it tells the position. */
function placeOf(problem: string, text: string): { line?: number } {
  const position = /position (\d+)/.exec(problem)?.[1]
  return position === undefined ? {} : { line: text.slice(0, Number(position)).split('\n').length }
}

/** What the API refused of a batch, at its line or item. */
export function troubleOf(message: string): Trouble {
  const [, kind, number, rest] = /^(line|item) (\d+): ([\s\S]*)$/.exec(message) ?? []
  if (kind === undefined || rest === undefined) return { message }
  return { [kind]: Number(number), message: rest }
}
