import { useId, useRef } from 'react'
import { Link } from 'wouter'
import { buttonLook } from '../components/Button'
import { aRole, useSession } from '../session/session'
import { useSignOut } from '../session/useSignOut'

const ITEM = 'block w-full rounded-md px-3 py-1.5 text-left hover:bg-stone-100 dark:hover:bg-stone-800'
const GAP_PX = 4

/** Who is signed in, and the way out. */
export function Me() {
  const signOut = useSignOut()
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const menu = useRef<HTMLDivElement>(null)
  const { name, role, authenticated } = useSession()
  if (!authenticated) return null
  const place = () => {
    if (!button.current || !menu.current) return
    const { right, bottom } = button.current.getBoundingClientRect()
    menu.current.style.top = `${bottom + window.scrollY + GAP_PX}px`
    menu.current.style.right = `${document.documentElement.clientWidth - right}px`
  }
  const close = () => menu.current?.hidePopover()
  const leave = (everywhere: boolean) => {
    close()
    void signOut(everywhere)
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        popoverTarget={id}
        aria-label={`Signed in as ${name}, ${aRole(role)}`}
        title={`Signed in as ${name}, ${aRole(role)}`}
        className={buttonLook({ kind: 'quiet' })}
      >
        <span
          data-initial={name.slice(0, 1)}
          className="grid size-6 place-items-center rounded-full bg-indigo-600 text-xs font-semibold text-white uppercase before:content-[attr(data-initial)]"
        />
      </button>
      <div
        ref={menu}
        id={id}
        popover="auto"
        onBeforeToggle={place}
        className="card absolute inset-auto m-0 w-60 p-1 text-sm text-inherit shadow-lg"
      >
        <p className="border-b px-3 pt-1.5 pb-2.5">
          <span className="block truncate font-medium">{name}</span>
          <span className="muted text-xs">{role}</span>
        </p>
        <ul className="pt-1">
          <li>
            <Link href="/settings/sign-in" onClick={close} className={ITEM}>
              Signing in
            </Link>
          </li>
          <li>
            <button type="button" onClick={() => leave(false)} className={ITEM}>
              Sign out
            </button>
          </li>
          <li>
            <button type="button" onClick={() => leave(true)} className={ITEM}>
              Sign out everywhere
            </button>
          </li>
        </ul>
      </div>
    </>
  )
}
