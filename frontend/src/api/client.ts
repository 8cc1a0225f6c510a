import createClient from 'openapi-fetch'
import { leave } from '../session/leave'
import type { components, paths } from './schema'

type Schemas = components['schemas']
export type Job = Schemas['Job']
export type NewJob = Schemas['NewJob']
export type JobChange = Schemas['JobChange']
export type JobWithHistory = Schemas['JobWithHistory']
export type Attempt = Schemas['Attempt']
export type Usage = Schemas['Usage']
export type Run = Schemas['Run']
export type FieldError = Schemas['FieldError']
export type Enqueued = Schemas['Enqueued']
export type JobPage = Schemas['JobPage']
export type Status = Schemas['Status']
export type State = Schemas['State']
export type Worker = Schemas['Worker']
export type Queue = Schemas['Queue']
export type Series = Schemas['Series']
export type Point = Schemas['Point']
export type Percentiles = Schemas['Percentiles']
export type NumberSetting = Schemas['NumberSetting']
export type CommandsSetting = Schemas['CommandsSetting']
export type Setting = NumberSetting | CommandsSetting
export type DeadGroup = Schemas['DeadGroup']
export type Role = Schemas['Role']
export type Session = Schemas['Session']
export type Token = Schemas['Token']
export type CreatedToken = Schemas['CreatedToken']
export type SignInLink = Schemas['SignInLink']
export type AuditEntry = Schemas['AuditEntry']
export type Limits = Schemas['Limits']

export const STATES: State[] = ['pending', 'processing', 'completed', 'failed', 'dead', 'cancelled']

export const api = createClient<paths>()

/** What the API refused, or that it could not be reached; the message is for people. */
export class Refused extends Error {
  constructor(
    message: string,
    /** The HTTP status; 0 where there was no answer. */
    readonly status: number,
    /** Which fields, and why, where it was because of them. */
    readonly fields: FieldError[] = [],
  ) {
    super(message)
  }
}

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
    throw new Refused('The API cannot be reached. It will be tried again.', 0)
  }
  if (answer.response.ok) return answer.data as Data
  throw refusal(answer.response.status, answer.error)
}

/** What an answer that is no success says. Where it is that nobody is signed in, the page is left for signing in. */
export function refusal(status: number, body: unknown): Refused {
  if (status === 401) leave()
  const { detail, errors } = (body ?? {}) as Partial<Schemas['Problem']>
  return new Refused(typeof detail === 'string' ? detail : `The API answered ${status}.`, status, errors ?? [])
}
