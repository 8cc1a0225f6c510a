import type { ComponentProps } from 'react'

const VARIANTS = {
  plain:
    'border-stone-300 bg-white hover:bg-stone-100 dark:border-stone-700 dark:bg-stone-900 dark:hover:bg-stone-800',
  ghost: 'border-transparent hover:bg-stone-200/60 dark:hover:bg-stone-800',
  primary: 'border-indigo-600 bg-indigo-600 text-white hover:bg-indigo-700',
  danger:
    'border-stone-300 bg-white text-red-700 hover:border-red-300 hover:bg-red-50 dark:border-stone-700 dark:bg-stone-900 dark:text-red-400 dark:hover:bg-red-950',
  destructive: 'border-red-700 bg-red-700 text-white hover:bg-red-800',
}

const BUTTON = 'inline-flex items-center gap-1.5 rounded-md border font-medium whitespace-nowrap disabled:opacity-50'
const SIZES = { small: 'px-2.5 py-1 text-xs', normal: 'px-3 py-1.5 text-sm' }

interface Style {
  variant?: keyof typeof VARIANTS
  size?: keyof typeof SIZES
}

export const buttonClass = ({ variant = 'plain', size = 'small' }: Style = {}) => `${BUTTON} ${SIZES[size]} ${VARIANTS[variant]}`

export function Button({ variant = 'plain', size = 'small', className = '', ...rest }: ComponentProps<'button'> & Style) {
  return <button type="button" {...rest} className={`${buttonClass({ variant, size })} ${className}`} />
}
