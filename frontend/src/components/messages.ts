import { createContext, useContext } from 'react'

export type Kind = 'done' | 'refused'

/** Something that can still be done about it, such as taking it back. */
export interface Offer {
  name: string
  act: () => void
}

export type Tell = (kind: Kind, text: string, offer?: Offer) => void

export const MessagesContext = createContext<{ tell: Tell }>({ tell: () => undefined })

/** `tell` shows a line that goes away by itself. */
export const useMessages = () => useContext(MessagesContext)
