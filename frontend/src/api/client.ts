import createClient from 'openapi-fetch'
import { redirectToSignIn } from '../session/redirectToSignIn'
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
export type JobSettings = Schemas['JobSettings']
export type Schedule = Schemas['Schedule']
export type NewSchedule = Schemas['NewSchedule']
export type ScheduleChange = Schemas['ScheduleChange']
export type Fire = Schemas['Fire']

export const STATES: State[] = ['pending', 'processing', 'completed', 'failed', 'dead', 'cancelled']

export const api = createClient<paths>()

/** A request that the API rejected or that never reached it. The message is written for people. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** The HTTP status; 0 if there was no response. */
    readonly status: number,
    /** Which fields were invalid, and why. */
    readonly fields: FieldError[] = [],
  ) {
    super(message)
  }
}

interface Result<Data> {
  data?: Data
  error?: unknown
  response: Response
}

/** Returns the data of a response; throws ApiError if it is not successful. */
export async function unwrap<Data>(call: Promise<Result<Data>>): Promise<Data> {
  let result: Result<Data>
  try {
    result = await call
  } catch {
    throw new ApiError('The API cannot be reached. Try again in a moment.', 0)
  }
  if (result.response.ok) return result.data as Data
  throw apiError(result.response, result.error)
}

/**
 * The error that an unsuccessful response describes. If the session has ended (401), this also redirects to the sign-in
 * page.
 */
export function apiError(response: Response, body: unknown): ApiError {
  const { status } = response
  if (status === 401) redirectToSignIn()
  const { detail, errors } = (body ?? {}) as Partial<Schemas['Problem']>
  const message = typeof detail === 'string' ? detail : `The API responded with status ${status}.`
  return new ApiError(message + requestReference(response), status, errors ?? [])
}

/** The id by which the log names a request that failed on the server (5xx); '' for other responses. */
export function requestReference({ status, headers }: Response): string {
  const id = headers.get('X-Request-Id')
  return status >= 500 && id !== null ? ` (request ${id})` : ''
}
