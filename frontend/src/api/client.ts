import createClient from 'openapi-fetch'
import type { components, paths } from './schema'

export type Job = components['schemas']['Job']
export type JobWithHistory = components['schemas']['JobWithHistory']
export type JobPage = components['schemas']['JobPage']
export type Status = components['schemas']['Status']
export type State = components['schemas']['State']

export const api = createClient<paths>()

/** What the API refused, or that it could not be reached; the message is for people. */
export class Refused extends Error {}

interface Answer<Data> {
  data?: Data
  error?: unknown
  response: Response
}

/** The data of an answer; throws Refused. */
export async function ask<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  let answer: Answer<Data>
  try {
    answer = await call
  } catch {
    throw new Refused('The API cannot be reached. It will be tried again.')
  }
  if (answer.response.ok) return answer.data as Data
  throw new Refused(detailOf(answer.error) ?? `The API answered ${answer.response.status}.`)
}

function detailOf(error: unknown): string | undefined {
  const detail = (error as { detail?: unknown } | undefined)?.detail
  return typeof detail === 'string' ? detail : undefined
}
