import { expect, test } from 'vitest'
import { destination } from './redirectToSignIn'

const ORIGIN = 'http://127.0.0.1:8080'
const to = (path: string) => destination(`?${new URLSearchParams({ to: path })}`, ORIGIN)

test('signing in returns to the previous page', () => {
  expect(to('/jobs?q=state:dead&sort=created_at')).toBe(`${ORIGIN}/jobs?q=state:dead&sort=created_at`)
  expect(to('/jobs/a#L120-L130')).toBe(`${ORIGIN}/jobs/a#L120-L130`)
  expect(destination('', ORIGIN)).toBe(`${ORIGIN}/`)
})

test.each([
  'https://evil.example/',
  '//evil.example/jobs',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  'http://127.0.0.1:8081/jobs',
  'http://127.0.0.1:8080@evil.example/',
  'http://',
  '/sign-in',
  '/sign-in?to=/jobs',
])('never redirects to %s', (path) => expect(to(path)).toBe(`${ORIGIN}/`))

test.each(['/%2f%2fevil.example', '/a//evil.example', '/..//evil.example', '/.//evil.example', 'evil.example'])('%s is a path of this site', (path) =>
  expect(new URL(to(path)).origin).toBe(ORIGIN),
)

test.each(['/..//elsewhere.example', '/missing.js', '/assets/x.js'])('%s is not a page and leads to the start', (path) =>
  expect(to(path)).toBe(`${ORIGIN}/`),
)
