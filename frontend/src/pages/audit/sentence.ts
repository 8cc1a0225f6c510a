import type { AuditEntry } from '../../api/client'
import { many } from '../../components/numbers'

type Done = AuditEntry['action']

/** What somebody did, as it is said of them. */
export const DONE: Record<Done, string> = {
  enqueue: 'enqueued',
  edit: 'changed',
  cancel: 'cancelled',
  retry: 'retried',
  delete: 'deleted',
  drain: 'drained the worker',
  queue: 'set the queue',
  config: 'set',
  'token-create': 'made the token',
  'token-revoke': 'revoked the token',
  'sign-in': 'signed in',
  'sign-in-link': 'made a sign-in link for',
  'sign-out': 'signed out',
  backup: 'made a backup',
  restore: 'restored a backup',
}

const JOB: Done[] = ['enqueue', 'edit', 'cancel', 'retry', 'delete']

/** To what it was done: `href` is where that can be seen; undefined where the sentence ends without. */
export function subjectOf({ action, subject, jobs }: Pick<AuditEntry, 'action' | 'subject' | 'jobs'>): { text: string; href?: string } | undefined {
  if (subject === null) return JOB.includes(action) ? { text: many(jobs, 'job') } : undefined
  if (JOB.includes(action)) return { text: subject, href: `/jobs/${encodeURIComponent(subject)}` }
  if (action === 'queue') return { text: subject, href: '/queues' }
  return { text: subject }
}
