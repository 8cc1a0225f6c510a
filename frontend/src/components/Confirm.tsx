import { useEffect, useRef } from 'react'
import { Button } from './Button'

/** Asks once before something that cannot be undone. Escape and the safe button leave all as it is. */
export function Confirm(props: {
  title: string
  text: string
  action: string
  confirmed: () => void
  close: () => void
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby="confirm-title"
      onClose={props.close}
      className="m-auto w-[min(28rem,calc(100vw-2rem))] rounded-xl bg-white p-5 text-stone-900 shadow-2xl dark:bg-stone-900 dark:text-stone-100"
    >
      <h2 id="confirm-title" className="font-semibold break-all">
        {props.title}
      </h2>
      <p className="mt-2 text-sm text-stone-600 dark:text-stone-400">{props.text}</p>
      <div className="mt-5 flex justify-end gap-2">
        <Button autoFocus onClick={() => dialog.current?.close()}>
          Keep it
        </Button>
        <Button
          kind="strong"
          onClick={() => {
            props.confirmed()
            dialog.current?.close()
          }}
        >
          {props.action}
        </Button>
      </div>
    </dialog>
  )
}
