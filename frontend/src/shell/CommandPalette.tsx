import { Combobox, ComboboxItem, ComboboxList, ComboboxProvider } from '@ariakit/react/combobox'
import { useLayoutEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { useQueues } from '../api/queries'
import { useHasRole, useSession } from '../session/session'
import { useSignOut } from '../session/useSignOut'
import { NEW_SCHEDULE, PAGES } from './pages'
import { setTheme } from './theme'

interface Command {
  name: string
  hint?: string
  run: () => void
}

const MAX_SHOWN = 12

/** A searchable list of pages and commands. */
export default function CommandPalette({ close, help }: { close: () => void; help: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState('')
  const commands = useCommands(text, help)
  useLayoutEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      aria-label="Command palette"
      onClose={close}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
      className="mx-auto mt-[12vh] w-[min(36rem,calc(100vw-2rem))] rounded-xl bg-white p-2 text-stone-900 shadow-2xl dark:bg-stone-900 dark:text-stone-100"
    >
      <ComboboxProvider open setInputValue={setText} focusLoop>
        <Combobox
          autoSelect="always"
          autoFocus
          aria-label="Page, job or command"
          placeholder="Page, job ID, command or search text…"
          className="w-full bg-transparent px-3 py-2 outline-none"
        />
        <ComboboxList alwaysVisible className="mt-1 max-h-[50vh] overflow-y-auto border-t pt-1">
          {commands.map(({ name, hint, run }) => (
            <ComboboxItem
              key={name}
              value={name}
              setValueOnClick={false}
              hideOnClick={false}
              onClick={() => {
                dialog.current?.close()
                run()
              }}
              className="flex items-center justify-between gap-4 rounded-md px-3 py-2 text-sm data-active-item:bg-indigo-600 data-active-item:text-white"
            >
              <span className="truncate">{name}</span>
              {hint && <kbd className="font-mono text-xs opacity-80">{hint}</kbd>}
            </ComboboxItem>
          ))}
        </ComboboxList>
      </ComboboxProvider>
    </dialog>
  )
}

function useCommands(text: string, help: () => void): Command[] {
  const [, go] = useLocation()
  const queues = useQueues().data ?? []
  const hasRole = useHasRole()
  const signOut = useSignOut()
  const signedIn = useSession().authenticated
  const search = (query: string) => go(`/jobs?q=${encodeURIComponent(query)}`)
  const commands: Command[] = [
    ...PAGES.filter(({ role }) => hasRole(role)).map(({ name, path, shortcut }) => ({ name, hint: `g ${shortcut}`, run: () => go(path) })),
    { name: 'Running jobs', run: () => search('state:processing') },
    { name: 'Failed and dead jobs', run: () => search('state:failed,dead') },
    ...queues.map(({ name }) => ({ name: `Jobs in queue ${name}`, run: () => search(`queue:${name}`) })),
    ...(hasRole('operator') ? [{ name: 'New schedule', run: () => go(NEW_SCHEDULE) }] : []),
    ...(hasRole('admin') ? [{ name: 'Tokens', run: () => go('/settings/tokens') }] : []),
    ...(signedIn
      ? [
          { name: 'Sessions', run: () => go('/settings/sign-in') },
          { name: 'Sign out', run: () => void signOut(false) },
          { name: 'Sign out everywhere', run: () => void signOut(true) },
        ]
      : []),
    { name: 'Keyboard shortcuts', hint: '?', run: help },
    { name: 'Light theme', run: () => setTheme('light') },
    { name: 'Dark theme', run: () => setTheme('dark') },
    { name: 'System theme', run: () => setTheme('system') },
  ]
  const query = text.trim().toLowerCase()
  const words = query.split(/\s+/)
  const found = commands.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
  if (query === '') return found.slice(0, MAX_SHOWN)
  const typed = text.trim()
  return [
    ...found.slice(0, MAX_SHOWN - 2),
    { name: `Search jobs for “${typed}”`, run: () => search(typed) },
    ...(/^[A-Za-z0-9][\w.:-]*$/.test(typed)
      ? [{ name: `Open job ${typed}`, run: () => go(`/jobs/${encodeURIComponent(typed)}`) }]
      : []),
  ]
}
