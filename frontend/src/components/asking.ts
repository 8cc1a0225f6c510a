import { createContext, useContext } from 'react'

export interface Question {
  title: string
  /** What happens, to how many, and whether it can be undone. */
  text: string
  /** What the button says that does it. */
  action: string
}

/** Asks once before something is done; false where the person would rather not. */
export type Ask = (question: Question) => Promise<boolean>

export const AskContext = createContext<Ask>(() => Promise.resolve(false))

export const useAsk = () => useContext(AskContext)
