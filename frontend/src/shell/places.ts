/** The places of the page, in the order in which they are offered. */
export interface Place {
  name: string
  path: string
  /** The letter after `g` that goes there. */
  letter: string
}

export const PLACES: Place[] = [
  { name: 'Overview', path: '/', letter: 'o' },
  { name: 'Jobs', path: '/jobs', letter: 'j' },
  { name: 'Dead letters', path: '/dlq', letter: 'd' },
  { name: 'Queues', path: '/queues', letter: 'q' },
  { name: 'Workers', path: '/workers', letter: 'w' },
  { name: 'Settings', path: '/settings', letter: 's' },
  { name: 'Enqueue', path: '/enqueue', letter: 'e' },
]
