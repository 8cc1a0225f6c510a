import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FIELDS, rootOf, WRITABLE } from './fields'

interface OpenApi {
  components: { schemas: Record<string, { properties: Record<string, unknown> }> }
}

const { schemas } = (JSON.parse(readFileSync('openapi.json', 'utf8')) as OpenApi).components
const properties = (schema: string) => Object.keys(schemas[schema]?.properties ?? {})

test('the form has an input for every field that the API accepts', () => {
  expect([...WRITABLE].sort()).toEqual(properties('NewJob').sort())
})

test('each field exists in the API, unless it is computed', () => {
  const computed = ['wait', 'run', 'result']
  expect(FIELDS.map(({ key }) => rootOf(key)).filter((key) => !properties('Job').includes(key))).toEqual(computed)
})

test('keys and columns are unique', () => {
  const keys = FIELDS.map(({ key }) => key)
  const columns = FIELDS.flatMap(({ key, column }) => (column ? [column.id ?? key] : []))
  expect([new Set(keys).size, new Set(columns).size]).toEqual([keys.length, columns.length])
})
