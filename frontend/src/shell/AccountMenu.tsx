import { useId, useRef } from 'react'
import { Link } from 'wouter'
import { buttonClass } from '../components/Button'
import { roleWithArticle, useSession } from '../session/session'
import { useSignOut } from '../session/useSignOut'

const ITEM = 'block w-full rounded-md px-3 py-1.5 text-left hover:bg-stone-100 dark:hover:bg-stone-800'
const GAP_PX = 4

/** The signed-in user, and sign-out. */
export function AccountMenu() {
  const signOut = useSignOut()
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const menu = useRef<HTMLDivElement>(null)
  const { name, role, authenticated } = useSession()
  if (!authenticated) return null
  const positionMenu = () => {
    if (!button.current || !menu.current) return
    const { right, bottom } = button.current.getBoundingClientRect()
    menu.current.style.top = `${bottom + window.scrollY + GAP_PX}px`
    menu.current.style.right = `${document.documentElement.clientWidth - right}px`
  }
  const close = () => menu.current?.hidePopover()
  const onSignOut = (everywhere: boolean) => {
    close()
    void signOut(everywhere)
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        popoverTarget={id}
        aria-label={`Signed in as ${name}, ${roleWithArticle(role)}`}
        title={`Signed in as ${name}, ${roleWithArticle(role)}`}
        className={buttonClass({ variant: 'ghost' })}
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
        onBeforeToggle={positionMenu}
        className="card absolute inset-auto m-0 w-60 p-1 text-sm text-inherit shadow-lg"
      >
        <p className="border-b px-3 pt-1.5 pb-2.5">
          <span className="block truncate font-medium">{name}</span>
          <span className="muted text-xs">{role}</span>
        </p>
        <ul className="pt-1">
          <li>
            <Link href="/settings/sign-in" onClick={close} className={ITEM}>
              Sessions
            </Link>
          </li>
          <li>
            <button type="button" onClick={() => onSignOut(false)} className={ITEM}>
              Sign out
            </button>
          </li>
          <li>
            <button type="button" onClick={() => onSignOut(true)} className={ITEM}>
              Sign out everywhere
            </button>
          </li>
        </ul>
      </div>
    </>
  )
}
