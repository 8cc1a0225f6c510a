import { createContext, useContext } from 'react'

export interface Confirmation {
  title: string
  /** What will happen, to how many, and whether it can be undone. */
  text: string
  /** The label of the button that confirms. */
  action: string
  /** The label of the button that dismisses; Cancel by default. */
  dismiss?: string
}

/** Asks the user for confirmation; resolves to false if they cancel. */
export type Confirm = (question: Confirmation) => Promise<boolean>

export const ConfirmContext = createContext<Confirm>(() => Promise.resolve(false))

export const useConfirm = () => useContext(ConfirmContext)
