import type { Role } from '../api/client'

/** The places of the page, in the order in which they are offered. */
export interface Place {
  name: string
  path: string
  /** The letter after `g` that goes there. */
  letter: string
  /** Who may go there. */
  needs: Role
}

export const PLACES: Place[] = [
  { name: 'Overview', path: '/', letter: 'o', needs: 'viewer' },
  { name: 'Jobs', path: '/jobs', letter: 'j', needs: 'viewer' },
  { name: 'Dead letters', path: '/dlq', letter: 'd', needs: 'viewer' },
  { name: 'Queues', path: '/queues', letter: 'q', needs: 'viewer' },
  { name: 'Workers', path: '/workers', letter: 'w', needs: 'viewer' },
  { name: 'Audit log', path: '/audit', letter: 'a', needs: 'admin' },
  { name: 'Settings', path: '/settings', letter: 's', needs: 'viewer' },
  { name: 'Enqueue', path: '/enqueue', letter: 'e', needs: 'operator' },
]

/** The place to which an address belongs. */
export const placeOf = (path: string) => PLACES.find((place) => place.path !== '/' && path.startsWith(place.path))
