import { useEffect, useRef } from 'react'
import { tinykeys } from 'tinykeys'
import type { Role } from '../api/client'
import { PLACES } from './places'

/** All keys that do something, as the help shows them, and who may do it. */
export const KEYS: { where: string; keys: [key: string, does: string, needs?: Role][] }[] = [
  {
    where: 'Everywhere',
    keys: [
      ['/', 'Search jobs'],
      ['Ctrl K', 'Go to, or do, anything'],
      ...PLACES.map(({ letter, name, needs }): [string, string, Role] => [`g ${letter}`, name, needs]),
      ['?', 'This help'],
    ],
  },
  {
    where: 'In lists',
    keys: [
      ['j', 'Next'],
      ['k', 'Previous'],
      ['Enter', 'Open'],
      ['x', 'Select, or not', 'operator'],
      ['r', 'Retry', 'operator'],
      ['c', 'Cancel', 'operator'],
      ['Esc', 'Select nothing', 'operator'],
    ],
  },
  {
    where: 'In output',
    keys: [
      ['f', 'Follow, or stop following'],
      ['w', 'Wrap long lines, or not'],
      ['Ctrl F', 'Search the output (once it is clicked on)'],
    ],
  },
]

/** Whether somebody is typing, or is asked something: then letters are letters. */
function busy(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement
  return (
    target.isContentEditable ||
    target.matches('input:not([type=checkbox]), textarea, select') ||
    document.querySelector('dialog[open], :popover-open') !== null
  )
}

/** Does something for keys while what calls this is shown; `Ctrl K` and the like also while somebody types. */
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>): void {
  const latest = useRef(keys)
  useEffect(() => {
    latest.current = keys
  })
  const names = Object.keys(keys).join('\n')
  useEffect(
    () =>
      tinykeys(
        window,
        Object.fromEntries(
          names.split('\n').map((name) => [
            name,
            (event: KeyboardEvent) => {
              if (!name.startsWith('$mod') && busy(event)) return
              event.preventDefault()
              latest.current[name]?.(event)
            },
          ]),
        ),
      ),
    [names],
  )
}
