import { useEffect, useRef } from 'react'
import { tinykeys } from 'tinykeys'
import type { Role } from '../api/client'
import { PAGES } from './pages'

/** All shortcuts, as the help lists them, with the role they require. */
export const SHORTCUTS: { where: string; keys: [key: string, does: string, needs?: Role][] }[] = [
  {
    where: 'Everywhere',
    keys: [
      ['/', 'Search jobs'],
      ['Ctrl K', 'Command palette'],
      ...PAGES.map(({ shortcut, name, role }): [string, string, Role] => [`g ${shortcut}`, name, role]),
      ['?', 'Keyboard shortcuts'],
    ],
  },
  {
    where: 'In lists',
    keys: [
      ['j', 'Next'],
      ['k', 'Previous'],
      ['Enter', 'Open'],
      ['x', 'Select or deselect', 'operator'],
      ['r', 'Retry', 'operator'],
      ['c', 'Cancel', 'operator'],
      ['Esc', 'Clear the selection', 'operator'],
    ],
  },
  {
    where: 'In output',
    keys: [
      ['f', 'Follow on/off'],
      ['w', 'Wrap lines on/off'],
      ['Ctrl F', 'Search the output (when it has focus)'],
    ],
  },
]

/** Whether keys belong to an input, a dialog or a menu. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement
  return (
    target.isContentEditable ||
    target.matches('input:not([type=checkbox]), textarea, select') ||
    document.querySelector('dialog[open], :popover-open') !== null
  )
}

/** Registers shortcuts while the component is mounted; those with a modifier, such as `Ctrl K`, also work in inputs. */
export function useShortcuts(keys: Record<string, (event: KeyboardEvent) => void>): void {
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
              if (!name.startsWith('$mod') && isTyping(event)) return
              event.preventDefault()
              latest.current[name]?.(event)
            },
          ]),
        ),
      ),
    [names],
  )
}
