import type { AuditEntry } from '../../api/client'
import { plural } from '../../components/numbers'

type AuditAction = AuditEntry['action']

/** What each action did, as the verb of a sentence. */
export const ACTION_TEXT: Record<AuditAction, string> = {
  enqueue: 'enqueued',
  edit: 'edited',
  cancel: 'cancelled',
  retry: 'retried',
  rerun: 'reran a job as',
  delete: 'deleted',
  drain: 'drained worker',
  queue: 'changed queue',
  'queue-delete': 'deleted queue',
  config: 'changed setting',
  'schedule-create': 'created schedule',
  'schedule-edit': 'edited schedule',
  'schedule-pause': 'paused schedule',
  'schedule-resume': 'resumed schedule',
  'schedule-run': 'ran schedule',
  'schedule-backfill': 'backfilled schedule',
  'schedule-delete': 'deleted schedule',
  'token-create': 'created token',
  'token-revoke': 'revoked token',
  'sign-in': 'signed in',
  'sign-in-link': 'created a sign-in link for',
  'sign-out': 'signed out',
  backup: 'created a backup',
  restore: 'restored a backup',
}

const JOB_ACTIONS: AuditAction[] = ['enqueue', 'edit', 'cancel', 'retry', 'rerun', 'delete']

/** The object of the sentence, with a link if there is a page for it; undefined if the action has no object. */
export function subjectOf({ action, subject, jobs }: Pick<AuditEntry, 'action' | 'subject' | 'jobs'>): { text: string; href?: string } | undefined {
  if (subject === null) return JOB_ACTIONS.includes(action) ? { text: plural(jobs, 'job') } : undefined
  if (JOB_ACTIONS.includes(action)) return { text: subject, href: `/jobs/${encodeURIComponent(subject)}` }
  if (action.startsWith('schedule-') && action !== 'schedule-delete') return { text: subject, href: `/schedules/${encodeURIComponent(subject)}` }
  if (action === 'queue') return { text: subject, href: '/queues' }
  return { text: subject }
}
