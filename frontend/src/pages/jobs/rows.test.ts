import { expect, test } from 'vitest'
import type { Job, State } from '../../api/client'
import { before, changed, NONE, place, shortened, type Rows } from './rows'

const job = (number: number, state: State = 'pending', more: Partial<Job> = {}): Job => ({
  id: `j${number}`,
  state,
  command: 'true',
  queue: 'default',
  priority: 0,
  run_at: null,
  max_retries: 3,
  output_tail: null,
  backoff_base: 2,
  timeout: null,
  env: {},
  cwd: null,
  tags: [],
  limits: { memory: null, processes: null, cpu: null, file_size: null },
  sandbox: false,
  attempts: 0,
  exit_code: null,
  error: null,
  worker: null,
  cancelling: false,
  created_at: `2026-01-01T00:00:${String(number).padStart(2, '0')}.000Z`,
  updated_at: '2026-01-01T00:00:00.000Z',
  started_at: null,
  finished_at: null,
  next_run_at: null,
  ...more,
})
const jobs = (...numbers: number[]) => numbers.map((number) => job(number))
const put = (list: Rows, cursor: string | undefined, items: Job[], next: string | null) =>
  place(list, 'created_at', cursor, items, next)
const shown = ({ rows, end }: Rows) => [rows.map((row) => row.job.id.slice(1) + (row.after ? `|${row.after}` : '')).join(' '), end]

const two = put(put(NONE, undefined, jobs(9, 8, 7), '7'), '7', jobs(6, 5, 4), '4')

test('pages follow each other', () => {
  expect(shown(two)).toEqual(['9 8 7|7 6 5 4|4', '4'])
  expect(shown(put(two, '4', jobs(3), null))).toEqual(['9 8 7|7 6 5 4|4 3', null])
})

test('the top fetched anew brings the newcomers, and keeps what is below', () => {
  expect(shown(put(two, undefined, jobs(11, 10, 9), '9'))).toEqual(['11 10 9|9 8 7|7 6 5 4|4', '4'])
})

test('a top that does not meet what was there begins anew: no gap', () => {
  expect(shown(put(two, undefined, jobs(15, 14, 13), '13'))).toEqual(['15 14 13|13', '13'])
})

test('who is gone is gone, who came in the middle is there', () => {
  expect(shown(put(two, '7', [job(5)], '5'))).toEqual(['9 8 7|7 5|5 4|4', '4'])
  expect(shown(put(put(two, '7', jobs(5), '5'), '7', jobs(6, 5), '5'))).toEqual(['9 8 7|7 6 5|5 4|4', '4'])
  expect(shown(put(two, undefined, jobs(8), null))).toEqual(['8', null])
})

test('the last of a page may be one that nobody knew', () => {
  const gap = changed(two, [{ id: 'j5', state: 'deleted' }], () => true).list
  expect(shown(put(gap, '7', jobs(6, 5), '5'))).toEqual(['9 8 7|7 6 5|5 4|4', '4'])
})

test('a page of a row that left meanwhile changes nothing', () => {
  expect(put(two, 'nobody', jobs(1), null)).toBe(two)
})

test('a search that has found nothing yet goes on from where it is', () => {
  const nothing = put(NONE, undefined, [], '500')
  expect(shown(nothing)).toEqual(['', '500'])
  expect(shown(put(nothing, '500', jobs(3), '3'))).toEqual(['3|3', '3'])
  expect(shown(put(two, '4', [], '2'))).toEqual(['9 8 7|7 6 5 4|2', '2'])
  expect(shown(put(two, '7', [], '6'))).toEqual(['9 8 7|6 6 5 4|4', '4'])
})

test('who has another time now was moved, and is there once', () => {
  const ended = (number: number, second: number) =>
    job(number, 'completed', { finished_at: `2026-01-02T00:00:${String(second).padStart(2, '0')}.000Z` })
  const list = place(NONE, 'finished_at', undefined, [ended(1, 40), ended(2, 30), ended(3, 20)], 'x')
  const moved = place(list, 'finished_at', undefined, [ended(3, 50), ended(1, 40)], 'y')
  expect(shown(moved)).toEqual(['3 1|y 2', 'x'])
  expect(shown(place(list, 'finished_at', undefined, [ended(4, 60), ended(3, 50)], 'y'))).toEqual(['4 3|y', 'y'])
})

test('a job that has not changed stays the same object', () => {
  const again = put(two, undefined, [job(9), job(8, 'dead', { updated_at: '2026-01-01T00:01:00.000Z' })], '8')
  expect(again.rows[0]?.job).toBe(two.rows[0]?.job)
  expect(again.rows[1]?.job.state).toBe('dead')
})

test('changes are shown at once, and leave to be fetched what they do not tell', () => {
  const { list, unknown } = changed(two, [{ id: 'j8', state: 'processing', attempts: 1 }], () => true)
  expect(list.rows[1]).toMatchObject({ job: { state: 'processing', attempts: 1, queue: 'default' }, stale: true })
  expect(list.rows[0]).toBe(two.rows[0])
  expect(unknown).toBe(false)
})

test('who does not belong any more leaves, and its cursor stays', () => {
  const pending = ({ state }: { state: string }) => state === 'pending'
  const { list } = changed(two, [{ id: 'j7', state: 'dead' }, { id: 'j9', state: 'deleted' }], pending)
  expect(shown(list)).toEqual(['8|7 6 5 4|4', '4'])
})

test('somebody unknown who belongs is worth a look; the latest change of a job counts', () => {
  const pending = ({ state }: { state: string }) => state === 'pending'
  expect(changed(two, [{ id: 'new', state: 'pending' }], pending).unknown).toBe(true)
  expect(changed(two, [{ id: 'new', state: 'dead' }, { id: 'gone', state: 'deleted' }], pending).unknown).toBe(false)
  expect(changed(two, [{ id: 'new', state: 'pending' }, { id: 'new', state: 'dead' }], pending).unknown).toBe(false)
})

test('rows are fetched anew from the nearest cursor above them', () => {
  expect(before(two, 0)).toEqual({ cursor: undefined, above: 0 })
  expect(before(two, 2)).toEqual({ cursor: undefined, above: 2 })
  expect(before(two, 3)).toEqual({ cursor: '7', above: 0 })
  expect(before(two, 5)).toEqual({ cursor: '7', above: 2 })
})

test('a list that grows all day is cut where a page ends, so that it can go on from there', () => {
  expect(shown(shortened(two, 2))).toEqual(['9 8 7|7', '7'])
  expect(shown(shortened(two, 4))).toEqual(shown(two))
  expect(shortened(two, 6)).toBe(two)
})
