import type { Role } from '../api/client'

/** A page of the dashboard; PAGES are in the order of the navigation. */
export interface PageInfo {
  name: string
  path: string
  /** The key after `g` that opens it. */
  shortcut: string
  /** The role that it requires. */
  role: Role
}

export const PAGES: PageInfo[] = [
  { name: 'Overview', path: '/', shortcut: 'o', role: 'viewer' },
  { name: 'Jobs', path: '/jobs', shortcut: 'j', role: 'viewer' },
  { name: 'Dead letters', path: '/dlq', shortcut: 'd', role: 'viewer' },
  { name: 'Queues', path: '/queues', shortcut: 'q', role: 'viewer' },
  { name: 'Schedules', path: '/schedules', shortcut: 't', role: 'viewer' },
  { name: 'Workers', path: '/workers', shortcut: 'w', role: 'viewer' },
  { name: 'Audit log', path: '/audit', shortcut: 'a', role: 'admin' },
  { name: 'Settings', path: '/settings', shortcut: 's', role: 'viewer' },
  { name: 'Enqueue', path: '/enqueue', shortcut: 'e', role: 'operator' },
]

/** The page at a path. */
export const pageAt = (path: string) => PAGES.find((place) => place.path !== '/' && path.startsWith(place.path))

/** The list of schedules with the dialog for a new one. */
export const NEW_SCHEDULE = '/schedules?new'
