import type { ComponentProps } from 'react'

const KINDS = {
  plain:
    'border-stone-300 bg-white hover:bg-stone-100 dark:border-stone-700 dark:bg-stone-900 dark:hover:bg-stone-800',
  danger:
    'border-stone-300 bg-white text-red-700 hover:border-red-300 hover:bg-red-50 dark:border-stone-700 dark:bg-stone-900 dark:text-red-400 dark:hover:bg-red-950',
  strong: 'border-red-700 bg-red-700 text-white hover:bg-red-800',
}

export function Button({ kind = 'plain', ...rest }: ComponentProps<'button'> & { kind?: keyof typeof KINDS }) {
  return (
    <button
      type="button"
      {...rest}
      className={`rounded-md border px-2.5 py-1 text-xs font-medium whitespace-nowrap disabled:opacity-50 ${KINDS[kind]}`}
    />
  )
}
