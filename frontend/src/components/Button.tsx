import type { ComponentProps } from 'react'

const KINDS = {
  plain:
    'border-stone-300 bg-white hover:bg-stone-100 dark:border-stone-700 dark:bg-stone-900 dark:hover:bg-stone-800',
  quiet: 'border-transparent hover:bg-stone-200/60 dark:hover:bg-stone-800',
  primary: 'border-indigo-600 bg-indigo-600 text-white hover:bg-indigo-700',
  danger:
    'border-stone-300 bg-white text-red-700 hover:border-red-300 hover:bg-red-50 dark:border-stone-700 dark:bg-stone-900 dark:text-red-400 dark:hover:bg-red-950',
  strong: 'border-red-700 bg-red-700 text-white hover:bg-red-800',
}

const BUTTON = 'inline-flex items-center gap-1.5 rounded-md border font-medium whitespace-nowrap disabled:opacity-50'
const SIZES = { small: 'px-2.5 py-1 text-xs', normal: 'px-3 py-1.5 text-sm' }

interface Look {
  kind?: keyof typeof KINDS
  size?: keyof typeof SIZES
}

export const buttonLook = ({ kind = 'plain', size = 'small' }: Look = {}) => `${BUTTON} ${SIZES[size]} ${KINDS[kind]}`

export function Button({ kind = 'plain', size = 'small', className = '', ...rest }: ComponentProps<'button'> & Look) {
  return <button type="button" {...rest} className={`${buttonLook({ kind, size })} ${className}`} />
}
