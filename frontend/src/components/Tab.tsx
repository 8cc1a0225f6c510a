import { Link } from 'wouter'

/** A tab that is a link to its own path. */
export function Tab({ href, active, children }: { href: string; active: boolean; children: string }) {
  return (
    <Link
      href={href}
      aria-current={active ? 'page' : undefined}
      className="muted rounded-md px-2.5 py-1.5 font-medium hover:bg-stone-200/60 aria-[current=page]:bg-stone-200 aria-[current=page]:text-stone-900 dark:hover:bg-stone-800 dark:aria-[current=page]:bg-stone-800 dark:aria-[current=page]:text-stone-100"
    >
      {children}
    </Link>
  )
}
