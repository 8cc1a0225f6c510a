import { useEffect, type ReactNode, type RefObject } from 'react'
import { Button } from './Button'
import { SubmitForm } from './SubmitForm'

interface Props {
  /** Closes the dialog by `close()`. */
  dialog: RefObject<HTMLDialogElement | null>
  title: string
  note: string
  /** What is wrong besides the fields. */
  error: string | undefined
  submitLabel: string
  isPending: boolean
  onSubmit: () => void
  onClose: () => void
  children: ReactNode
}

/** A large modal dialog around a form. */
export function FormDialog({ dialog, title, note, error, submitLabel, isPending, onSubmit, onClose, children }: Props) {
  useEffect(() => dialog.current?.showModal(), [dialog])
  return (
    <dialog
      ref={dialog}
      aria-labelledby="form-dialog"
      onClose={onClose}
      className="m-auto max-h-[92vh] w-[min(60rem,calc(100vw-1.5rem))] rounded-xl bg-white p-5 text-stone-900 shadow-2xl dark:bg-stone-900 dark:text-stone-100"
    >
      <SubmitForm onSubmit={onSubmit}>
        <h2 id="form-dialog" className="font-semibold wrap-anywhere">
          {title}
        </h2>
        <p className="muted mt-1 mb-4 text-sm">{note}</p>
        {children}
        {error && (
          <p role="alert" className="mt-4 text-sm wrap-anywhere text-red-700 dark:text-red-400">
            {error}
          </p>
        )}
        <div className="mt-5 flex justify-end gap-2">
          <Button size="normal" onClick={() => dialog.current?.close()}>
            Cancel
          </Button>
          <Button variant="primary" size="normal" type="submit" title="Ctrl Enter" disabled={isPending}>
            {submitLabel}
          </Button>
        </div>
      </SubmitForm>
    </dialog>
  )
}
