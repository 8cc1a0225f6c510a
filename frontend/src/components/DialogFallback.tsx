import { useLayoutEffect, useRef } from 'react'

/** Shown while the code of a dialog is loading. It is modal, so that keys typed meanwhile do not trigger shortcuts. */
export function DialogFallback({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const unmounting = useRef(false)
  useLayoutEffect(() => {
    const shown = dialog.current
    unmounting.current = false
    shown?.showModal()
    // Closing it, rather than only removing it, returns the focus to where it was.
    return () => {
      unmounting.current = true
      shown?.close()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-label="Loading"
      onClose={() => !unmounting.current && onClose()}
      className="muted m-auto rounded-xl bg-white p-5 text-sm dark:bg-stone-900"
    >
      Loading…
    </dialog>
  )
}
