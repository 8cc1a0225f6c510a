import { useId, useLayoutEffect, useRef, type ReactNode, type SyntheticEvent } from 'react'

interface Props {
  title: string
  /** Called after the dialog was closed, by a button or with Escape. */
  onClose: () => void
  children: ReactNode
}

/** Closes the dialog that contains the target of the event. */
export const closeDialog = ({ currentTarget }: SyntheticEvent) => currentTarget.closest('dialog')?.close()

/** A modal dialog. */
export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useLayoutEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={onClose}
      className="m-auto max-h-[92vh] w-[min(32rem,calc(100vw-2rem))] rounded-xl bg-white p-5 text-stone-900 shadow-2xl dark:bg-stone-900 dark:text-stone-100"
    >
      <h2 id={id} className="text-base font-semibold wrap-anywhere">
        {title}
      </h2>
      {children}
    </dialog>
  )
}
