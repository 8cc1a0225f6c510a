import { expect, test, vi } from 'vitest'
import { apiError } from './client'

vi.mock('../session/redirectToSignIn')

const response = (status: number) => new Response(null, { status, headers: { 'X-Request-Id': '0123abcd' } })

test('a server error shows the request id, by which the log can be searched', () => {
  expect(apiError(response(500), { detail: 'Something went wrong.' }).message).toBe('Something went wrong. (request 0123abcd)')
  expect(apiError(response(502), undefined).message).toBe('The API responded with status 502. (request 0123abcd)')
  expect(apiError(new Response(null, { status: 500 }), {}).message).toBe('The API responded with status 500.')
})

test('a rejected request shows only the reason', () => {
  expect(apiError(response(422), { detail: 'priority must be a number' }).message).toBe('priority must be a number')
})
