import { expect, test } from 'vitest'
import type { Job, State } from '../../api/client'
import { cursorAbove, applyChanges, NO_ROWS, mergePage, truncate, type Rows } from './rows'

const job = (number: number, state: State = 'pending', more: Partial<Job> = {}) =>
  ({
    id: `j${number}`,
    state,
    queue: 'default',
    attempts: 0,
    cancelling: false,
    created_at: `2026-01-01T00:00:${String(number).padStart(2, '0')}.000Z`,
    updated_at: '2026-01-01T00:00:00.000Z',
    finished_at: null,
    ...more,
  }) as Job
const jobs = (...numbers: number[]) => numbers.map((number) => job(number))
const merge = (list: Rows, cursor: string | undefined, items: Job[], next: string | null) =>
  mergePage(list, 'created_at', cursor, items, next)
const shown = ({ rows, end }: Rows) => [rows.map((row) => row.job.id.slice(1) + (row.after ? `|${row.after}` : '')).join(' '), end]

const two = merge(merge(NO_ROWS, undefined, jobs(9, 8, 7), '7'), '7', jobs(6, 5, 4), '4')

test('pages are appended', () => {
  expect(shown(two)).toEqual(['9 8 7|7 6 5 4|4', '4'])
  expect(shown(merge(two, '4', jobs(3), null))).toEqual(['9 8 7|7 6 5 4|4 3', null])
})

test('refetching the top adds new jobs and keeps the rows below', () => {
  expect(shown(merge(two, undefined, jobs(11, 10, 9), '9'))).toEqual(['11 10 9|9 8 7|7 6 5 4|4', '4'])
})

test('a top page without known rows replaces the list, so that there is no gap', () => {
  expect(shown(merge(two, undefined, jobs(15, 14, 13), '13'))).toEqual(['15 14 13|13', '13'])
})

test('removed jobs disappear, and jobs in the middle are inserted', () => {
  expect(shown(merge(two, '7', [job(5)], '5'))).toEqual(['9 8 7|7 5|5 4|4', '4'])
  expect(shown(merge(merge(two, '7', jobs(5), '5'), '7', jobs(6, 5), '5'))).toEqual(['9 8 7|7 6 5|5 4|4', '4'])
  expect(shown(merge(two, undefined, jobs(8), null))).toEqual(['8', null])
})

test('the last job of a page may be new', () => {
  const gap = applyChanges(two, [{ id: 'j5', state: 'deleted' }], () => true).list
  expect(shown(merge(gap, '7', jobs(6, 5), '5'))).toEqual(['9 8 7|7 6 5|5 4|4', '4'])
})

test('a page for an unknown cursor changes nothing', () => {
  expect(merge(two, 'nobody', jobs(1), null)).toBe(two)
})

test('a search without matches continues from its cursor', () => {
  const nothing = merge(NO_ROWS, undefined, [], '500')
  expect(shown(nothing)).toEqual(['', '500'])
  expect(shown(merge(nothing, '500', jobs(3), '3'))).toEqual(['3|3', '3'])
  expect(shown(merge(two, '4', [], '2'))).toEqual(['9 8 7|7 6 5 4|2', '2'])
  expect(shown(merge(two, '7', [], '6'))).toEqual(['9 8 7|6 6 5 4|4', '4'])
})

test('a job whose sort time changed moves and appears once', () => {
  const ended = (number: number, second: number) =>
    job(number, 'completed', { finished_at: `2026-01-02T00:00:${String(second).padStart(2, '0')}.000Z` })
  const list = mergePage(NO_ROWS, 'finished_at', undefined, [ended(1, 40), ended(2, 30), ended(3, 20)], 'x')
  const moved = mergePage(list, 'finished_at', undefined, [ended(3, 50), ended(1, 40)], 'y')
  expect(shown(moved)).toEqual(['3 1|y 2', 'x'])
  expect(shown(mergePage(list, 'finished_at', undefined, [ended(4, 60), ended(3, 50)], 'y'))).toEqual(['4 3|y', 'y'])
})

test('an unchanged job keeps its object', () => {
  const again = merge(two, undefined, [job(9), job(8, 'dead', { updated_at: '2026-01-01T00:01:00.000Z' })], '8')
  expect(again.rows[0]?.job).toBe(two.rows[0]?.job)
  expect(again.rows[1]?.job.state).toBe('dead')
})

test('changes apply immediately and mark the row as stale', () => {
  const { list, mayHaveNew } = applyChanges(two, [{ id: 'j8', state: 'processing', attempts: 1 }], () => true)
  expect(list.rows[1]).toMatchObject({ job: { state: 'processing', attempts: 1, queue: 'default' }, stale: true })
  expect(list.rows[0]).toBe(two.rows[0])
  expect(mayHaveNew).toBe(false)
})

test('jobs that no longer match leave the list, and their cursors are kept', () => {
  const pending = ({ state }: { state: string }) => state === 'pending'
  const { list } = applyChanges(two, [{ id: 'j7', state: 'dead' }, { id: 'j9', state: 'deleted' }], pending)
  expect(shown(list)).toEqual(['8|7 6 5 4|4', '4'])
})

test('an unknown matching job needs a refetch; only the latest change of a job counts', () => {
  const pending = ({ state }: { state: string }) => state === 'pending'
  expect(applyChanges(two, [{ id: 'new', state: 'pending' }], pending).mayHaveNew).toBe(true)
  expect(applyChanges(two, [{ id: 'new', state: 'dead' }, { id: 'gone', state: 'deleted' }], pending).mayHaveNew).toBe(false)
  expect(applyChanges(two, [{ id: 'new', state: 'pending' }, { id: 'new', state: 'dead' }], pending).mayHaveNew).toBe(false)
})

test('rows are refetched from the nearest cursor above', () => {
  expect(cursorAbove(two, 0)).toEqual({ cursor: undefined, above: 0 })
  expect(cursorAbove(two, 2)).toEqual({ cursor: undefined, above: 2 })
  expect(cursorAbove(two, 3)).toEqual({ cursor: '7', above: 0 })
  expect(cursorAbove(two, 5)).toEqual({ cursor: '7', above: 2 })
})

test('a growing list is truncated at the end of a page', () => {
  expect(shown(truncate(two, 2))).toEqual(['9 8 7|7', '7'])
  expect(shown(truncate(two, 4))).toEqual(shown(two))
  expect(truncate(two, 6)).toBe(two)
})
