import { useCallback, useMemo, useRef, useState, type ReactNode } from 'react'
import { ToastContext, type ToastKind, type ToastAction, type ShowToast } from './toast'

const SHOWN_MS = { success: 4000, error: 8000 }
const WITH_ACTION_MS = 8000

interface Toast {
  key: number
  kind: ToastKind
  text: string
  action: ToastAction | undefined
}

/** Short messages at the bottom of the window, which screen readers announce. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([])
  const next = useRef(0)
  const dismiss = useCallback((key: number) => setToasts((shown) => shown.filter((toast) => toast.key !== key)), [])
  const showToast = useCallback<ShowToast>(
    (kind, text, action) => {
      const key = next.current++
      setToasts((shown) => [...shown.slice(-2), { key, kind, text, action }])
      setTimeout(() => dismiss(key), action ? WITH_ACTION_MS : SHOWN_MS[kind])
    },
    [dismiss],
  )
  const context = useMemo(() => ({ showToast }), [showToast])
  return (
    <ToastContext value={context}>
      {children}
      <div className="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex flex-col items-center gap-2">
        {toasts.map(({ key, kind, text, action }) => (
          <div
            key={key}
            role={kind === 'error' ? 'alert' : 'status'}
            className={`pointer-events-auto flex max-w-xl items-center gap-4 rounded-lg px-4 py-2.5 text-sm wrap-anywhere text-white shadow-lg ${
              kind === 'error' ? 'bg-red-700' : 'bg-stone-800 dark:bg-stone-700'
            }`}
          >
            {text}
            {action && (
              <button
                type="button"
                className="font-semibold underline underline-offset-2"
                onClick={() => {
                  dismiss(key)
                  action.act()
                }}
              >
                {action.name}
              </button>
            )}
          </div>
        ))}
      </div>
    </ToastContext>
  )
}
