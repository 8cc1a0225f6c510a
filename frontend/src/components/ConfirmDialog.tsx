import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react'
import { ConfirmContext, type Confirm, type Confirmation } from './confirm'
import { Button } from './Button'

/** Provides a confirmation dialog to everything below it. Escape and the Cancel button resolve to false. */
export function ConfirmProvider({ children }: { children: ReactNode }) {
  const [pending, setPending] = useState<{ confirmation: Confirmation; resolve: (yes: boolean) => void }>()
  const confirm = useCallback<Confirm>((confirmation) => new Promise((resolve) => setPending({ confirmation, resolve })), [])
  return (
    <ConfirmContext value={confirm}>
      {children}
      {pending && (
        <ConfirmDialog
          confirmation={pending.confirmation}
          onAnswer={(yes) => {
            pending.resolve(yes)
            setPending(undefined)
          }}
        />
      )}
    </ConfirmContext>
  )
}

function ConfirmDialog({ confirmation, onAnswer }: { confirmation: Confirmation; onAnswer: (yes: boolean) => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby="confirm-title"
      onClose={(event) => onAnswer(event.currentTarget.returnValue === 'yes')}
      className="m-auto w-[min(28rem,calc(100vw-2rem))] rounded-xl bg-white p-5 text-stone-900 shadow-2xl dark:bg-stone-900 dark:text-stone-100"
    >
      <h2 id="confirm-title" className="font-semibold wrap-anywhere">
        {confirmation.title}
      </h2>
      <p className="muted mt-2 text-sm">{confirmation.text}</p>
      <div className="mt-5 flex justify-end gap-2">
        <Button autoFocus size="normal" onClick={() => dialog.current?.close('no')}>
          {confirmation.dismiss ?? 'Cancel'}
        </Button>
        <Button variant="destructive" size="normal" onClick={() => dialog.current?.close('yes')}>
          {confirmation.action}
        </Button>
      </div>
    </dialog>
  )
}
