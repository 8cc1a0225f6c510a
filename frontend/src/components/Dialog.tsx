import { useEffect, useId, useRef, type ReactNode, type SyntheticEvent } from 'react'

interface Props {
  title: string
  /** It was closed, from within or with Escape. */
  closed: () => void
  children: ReactNode
}

/** Closes the dialog in which something happened. */
export const closeDialog = ({ currentTarget }: SyntheticEvent) => currentTarget.closest('dialog')?.close()

/** A window above the page: what is behind it waits. */
export function Dialog({ title, closed, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={closed}
      className="m-auto max-h-[92vh] w-[min(32rem,calc(100vw-2rem))] rounded-xl bg-white p-5 text-stone-900 shadow-2xl dark:bg-stone-900 dark:text-stone-100"
    >
      <h2 id={id} className="text-base font-semibold wrap-anywhere">
        {title}
      </h2>
      {children}
    </dialog>
  )
}
