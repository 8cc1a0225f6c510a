import { createContext, useContext } from 'react'

export type ToastKind = 'success' | 'error'

/** A follow-up that the toast offers, such as Undo. */
export interface ToastAction {
  name: string
  act: () => void
}

export type ShowToast = (kind: ToastKind, text: string, action?: ToastAction) => void

export const ToastContext = createContext<{ showToast: ShowToast }>({ showToast: () => undefined })

/** Shows a message that disappears after a few seconds. */
export const useToast = () => useContext(ToastContext)
