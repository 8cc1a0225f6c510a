import { expect, test } from 'vitest'
import { parseJobs, problemFrom } from './parseJobs'

const parse = (text: string) => parseJobs(text, new Blob([text]))

test('a list of commands is one job per line, without blank lines and comments', async () => {
  const jobs = parse('# nightly\necho one\n\n  echo "two"  \r\n')
  expect(jobs).toMatchObject({ format: 'commands', count: 2, problemCount: 0 })
  expect(jobs.preview).toEqual([
    { position: 2, job: { command: 'echo one' } },
    { position: 4, job: { command: 'echo "two"' } },
  ])
  expect((await jobs.body.text()).split('\n')).toEqual(['', '{"command":"echo one"}', '', '{"command":"echo \\"two\\""}', ''])
})

test('NDJSON is sent unchanged', async () => {
  const text = '{"command": "one"}\n\n{"command": "two", "queue": "media"}\n'
  const jobs = parse(text)
  expect(jobs).toMatchObject({ format: 'ndjson', count: 2, problemCount: 0 })
  expect(await jobs.body.text()).toBe(text)
})

test('arrays and multi-line objects are JSON', async () => {
  expect(parse('[{"command": "one"}, {"command": "two"}]')).toMatchObject({ format: 'json', count: 2 })
  const single = parse('{\n  "command": "one"\n}\n')
  expect(single).toMatchObject({ format: 'json', count: 1 })
  expect(JSON.parse(await single.body.text())).toEqual([{ command: 'one' }])
})

test.each([
  ['{"command": "one"}\n{"command": }', 2, /invalid JSON/],
  ['{"command": "one"}\n["two"]', 2, /must be an object/],
  ['{"command": "one"}\n{"comand": "two"}', 2, /unknown field comand/],
  ['{"queue": "one"}', 1, /command is missing/],
  ['{"command": " "}', 1, /must not be empty/],
  ['{"command": "x", "delay": 1, "run_at": "2026-01-01T00:00:00Z"}', 1, /mutually exclusive/],
])('%s is reported with its line', (text, line, message) => {
  const { problems } = parse(text)
  expect(problems).toHaveLength(1)
  expect(problems[0]?.line).toBe(line)
  expect(problems[0]?.message).toMatch(message)
})

test('a problem in an array is reported with the item number', () => {
  expect(parse('[{"command": "one"}, {}]').problems).toEqual([{ item: 2, message: 'command is missing' }])
})

test('only the first jobs are shown, but all are counted', () => {
  const jobs = parse('{"command": "x"}\n'.repeat(100_000) + '{}\n'.repeat(1000))
  expect(jobs).toMatchObject({ count: 100_000, problemCount: 1000 })
  expect(jobs.preview.length + jobs.problems.length).toBeLessThanOrEqual(100)
})

test('blank input has no jobs', () => {
  expect(parse(' \n')).toMatchObject({ count: 0, problemCount: 0 })
})

test('errors of the API are assigned to their line or item', () => {
  expect(problemFrom('line 3: queue "a b": must be 1 to 64 letters')).toEqual({ line: 3, message: 'queue "a b": must be 1 to 64 letters' })
  expect(problemFrom('item 2: command: is missing')).toEqual({ item: 2, message: 'command: is missing' })
  expect(problemFrom('the batch is empty')).toEqual({ message: 'the batch is empty' })
})
