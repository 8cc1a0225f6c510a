import { Combobox, ComboboxItem, ComboboxList, ComboboxProvider } from '@ariakit/react/combobox'
import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { useQueues } from '../api/queries'
import { useMay, useSession } from '../session/session'
import { useSignOut } from '../session/useSignOut'
import { PLACES } from './places'
import { setTheme } from './theme'

interface Command {
  name: string
  hint?: string
  act: () => void
}

const MOST_SHOWN = 12

/** Go to, or do, anything by typing a part of its name. */
export default function Palette({ close, help }: { close: () => void; help: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState('')
  const commands = useCommands(text, help)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      aria-label="Go to, or do, anything"
      onClose={close}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
      className="mx-auto mt-[12vh] w-[min(36rem,calc(100vw-2rem))] rounded-xl bg-white p-2 text-stone-900 shadow-2xl dark:bg-stone-900 dark:text-stone-100"
    >
      <ComboboxProvider open setInputValue={setText} focusLoop>
        <Combobox
          autoSelect="always"
          autoFocus
          aria-label="What to go to, or to do"
          placeholder="A page, a job's id, words to search for…"
          className="w-full bg-transparent px-3 py-2 outline-none"
        />
        <ComboboxList alwaysVisible className="mt-1 max-h-[50vh] overflow-y-auto border-t pt-1">
          {commands.map(({ name, hint, act }) => (
            <ComboboxItem
              key={name}
              value={name}
              setValueOnClick={false}
              hideOnClick={false}
              onClick={() => {
                dialog.current?.close()
                act()
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
  const may = useMay()
  const signOut = useSignOut()
  const signedIn = useSession().authenticated
  const search = (query: string) => go(`/jobs?q=${encodeURIComponent(query)}`)
  const known: Command[] = [
    ...PLACES.filter(({ needs }) => may(needs)).map(({ name, path, letter }) => ({ name, hint: `g ${letter}`, act: () => go(path) })),
    { name: 'Running jobs', act: () => search('state:processing') },
    { name: 'Failing jobs', act: () => search('state:failed,dead') },
    ...queues.map(({ name }) => ({ name: `Jobs of queue ${name}`, act: () => search(`queue:${name}`) })),
    ...(may('admin') ? [{ name: 'Tokens', act: () => go('/settings/tokens') }] : []),
    ...(signedIn
      ? [
          { name: 'Signing in', act: () => go('/settings/sign-in') },
          { name: 'Sign out', act: () => void signOut(false) },
          { name: 'Sign out everywhere', act: () => void signOut(true) },
        ]
      : []),
    { name: 'Keys', hint: '?', act: help },
    { name: 'Light theme', act: () => setTheme('light') },
    { name: 'Dark theme', act: () => setTheme('dark') },
    { name: 'Theme of the system', act: () => setTheme('system') },
  ]
  const wanted = text.trim().toLowerCase()
  const words = wanted.split(/\s+/)
  const found = known.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
  if (wanted === '') return found.slice(0, MOST_SHOWN)
  const typed = text.trim()
  return [
    ...found.slice(0, MOST_SHOWN - 2),
    { name: `Search jobs for “${typed}”`, act: () => search(typed) },
    ...(/^[A-Za-z0-9][\w.:-]*$/.test(typed)
      ? [{ name: `Open the job ${typed}`, act: () => go(`/jobs/${encodeURIComponent(typed)}`) }]
      : []),
  ]
}
