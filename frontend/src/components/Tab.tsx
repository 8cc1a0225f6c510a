import { Link } from 'wouter'

/** One of several parts of a page, each at an address of its own. */
export function Tab({ href, here, children }: { href: string; here: boolean; children: string }) {
  return (
    <Link
      href={href}
      aria-current={here ? 'page' : undefined}
      className="muted rounded-md px-2.5 py-1.5 font-medium hover:bg-stone-200/60 aria-[current=page]:bg-stone-200 aria-[current=page]:text-stone-900 dark:hover:bg-stone-800 dark:aria-[current=page]:bg-stone-800 dark:aria-[current=page]:text-stone-100"
    >
      {children}
    </Link>
  )
}
