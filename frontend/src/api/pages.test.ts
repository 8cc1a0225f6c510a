import { expect, test } from 'vitest'
import type { Job } from './client'
import { withChanges, withoutJob } from './pages'

const job = (id: string) => ({ id, state: 'pending', attempts: 0, cancelling: false }) as Job
const pages = {
  pages: [
    { items: [job('a'), job('b')], next_cursor: '2' },
    { items: [job('c')], next_cursor: null },
  ],
  pageParams: ['', '2'],
}

test('the newest of several changes of a job is the one that is shown', () => {
  const shown = withChanges(pages, [
    { id: 'b', state: 'processing', attempts: 1, cancelling: false },
    { id: 'b', state: 'failed', attempts: 1, cancelling: false },
  ])
  expect(shown?.pages[0]?.items[1]).toMatchObject({ id: 'b', state: 'failed', attempts: 1 })
})

test('pages that are not touched stay the same objects', () => {
  const shown = withChanges(pages, [{ id: 'a', state: 'processing' }])
  expect(shown?.pages[1]).toBe(pages.pages[1])
  expect(withChanges(pages, [{ id: 'elsewhere', state: 'dead' }])).toBe(pages)
})

test('a deleted job vanishes', () => {
  expect(withChanges(pages, [{ id: 'c', state: 'deleted' }])?.pages[1]?.items).toEqual([])
  expect(withoutJob(pages, 'a')?.pages[0]?.items.map(({ id }) => id)).toEqual(['b'])
})
