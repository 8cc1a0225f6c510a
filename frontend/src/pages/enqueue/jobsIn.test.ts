import { expect, test } from 'vitest'
import { jobsIn, troubleOf } from './jobsIn'

const found = (text: string) => jobsIn(text, new Blob([text]))

test('a list of commands is a job a line; blank lines and comments are none', async () => {
  const jobs = found('# nightly\necho one\n\n  echo "two"  \r\n')
  expect(jobs).toMatchObject({ kind: 'commands', count: 2, troubled: 0 })
  expect(jobs.shown).toEqual([
    { place: 2, job: { command: 'echo one' } },
    { place: 4, job: { command: 'echo "two"' } },
  ])
  expect((await jobs.body.text()).split('\n')).toEqual(['', '{"command":"echo one"}', '', '{"command":"echo \\"two\\""}', ''])
})

test('a job a line is sent as it is', async () => {
  const text = '{"command": "one"}\n\n{"command": "two", "queue": "media"}\n'
  const jobs = found(text)
  expect(jobs).toMatchObject({ kind: 'ndjson', count: 2, troubled: 0 })
  expect(await jobs.body.text()).toBe(text)
})

test('an array, and an object over several lines, are JSON', async () => {
  expect(found('[{"command": "one"}, {"command": "two"}]')).toMatchObject({ kind: 'json', count: 2 })
  const single = found('{\n  "command": "one"\n}\n')
  expect(single).toMatchObject({ kind: 'json', count: 1 })
  expect(JSON.parse(await single.body.text())).toEqual([{ command: 'one' }])
})

test.each([
  ['{"command": "one"}\n{"command": }', 2, /not valid JSON/],
  ['{"command": "one"}\n["two"]', 2, /must be an object/],
  ['{"command": "one"}\n{"comand": "two"}', 2, /comand is not a field/],
  ['{"queue": "one"}', 1, /command is missing/],
  ['{"command": " "}', 1, /must hold a command/],
  ['{"command": "x", "delay": 1, "run_at": "2026-01-01T00:00:00Z"}', 1, /exclude each other/],
])('%s is told at its line', (text, line, message) => {
  const { troubles } = found(text)
  expect(troubles).toHaveLength(1)
  expect(troubles[0]?.line).toBe(line)
  expect(troubles[0]?.message).toMatch(message)
})

test('an item of an array is told by its number', () => {
  expect(found('[{"command": "one"}, {}]').troubles).toEqual([{ item: 1, message: 'command is missing' }])
})

test('of very many only the first are shown, and all are counted', () => {
  const jobs = found('{"command": "x"}\n'.repeat(100_000) + '{}\n'.repeat(1000))
  expect(jobs).toMatchObject({ count: 100_000, troubled: 1000 })
  expect(jobs.shown.length + jobs.troubles.length).toBeLessThanOrEqual(100)
})

test('nothing is no job', () => {
  expect(found(' \n')).toMatchObject({ count: 0, troubled: 0 })
})

test('what the API refuses stands at its line or item', () => {
  expect(troubleOf('line 3: queue "a b": must be 1 to 64 letters')).toEqual({ line: 3, message: 'queue "a b": must be 1 to 64 letters' })
  expect(troubleOf('item 0: command: is missing')).toEqual({ item: 0, message: 'command: is missing' })
  expect(troubleOf('the batch is empty')).toEqual({ message: 'the batch is empty' })
})
