import { useEffect, useRef } from 'react'
import { Button } from '../components/Button'
import { useHasRole } from '../session/session'
import { SHORTCUTS } from './shortcuts'

/** All keyboard shortcuts. */
export default function KeyboardHelp({ close }: { close: () => void }) {
  const hasRole = useHasRole()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby="help"
      onClose={close}
      className="m-auto max-h-[90vh] w-[min(44rem,calc(100vw-2rem))] rounded-xl bg-white p-5 text-stone-900 shadow-2xl dark:bg-stone-900 dark:text-stone-100"
    >
      <div className="flex items-center justify-between">
        <h2 id="help" className="font-semibold">
          Keyboard shortcuts
        </h2>
        <Button onClick={() => dialog.current?.close()}>Close</Button>
      </div>
      <div className="mt-4 gap-6 sm:columns-2">
        {SHORTCUTS.map(({ where, keys }) => (
          <section key={where} aria-label={where} className="mb-6 break-inside-avoid">
            <h3 className="muted text-xs font-medium">{where}</h3>
            <dl className="mt-2 space-y-1.5 text-sm">
              {keys.filter(([, , needs]) => !needs || hasRole(needs)).map(([key, does]) => (
                <div key={key} className="flex items-center justify-between gap-4">
                  <dt className="order-2 flex gap-1">
                    {key.split(' ').map((part) => (
                      <kbd key={part} className="rounded border border-stone-300 px-1.5 font-mono text-xs dark:border-stone-700">
                        {part}
                      </kbd>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  )
}
