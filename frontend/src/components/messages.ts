import { createContext, useContext } from 'react'

export type Kind = 'done' | 'refused'

export const MessagesContext = createContext<{ tell: (kind: Kind, text: string) => void }>({
  tell: () => undefined,
})

/** `tell` shows a line that goes away by itself. */
export const useMessages = () => useContext(MessagesContext)
