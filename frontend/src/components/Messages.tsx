import { useCallback, useMemo, useRef, useState, type ReactNode } from 'react'
import { MessagesContext, type Kind, type Offer, type Tell } from './messages'

const SHOWN_MS = { done: 4000, refused: 8000 }
const WITH_OFFER_MS = 8000

interface Message {
  key: number
  kind: Kind
  text: string
  offer: Offer | undefined
}

/** Lines at the bottom that tell how an action went; read out by screen readers. */
export function MessagesProvider({ children }: { children: ReactNode }) {
  const [messages, setMessages] = useState<Message[]>([])
  const next = useRef(0)
  const drop = useCallback((key: number) => setMessages((shown) => shown.filter((message) => message.key !== key)), [])
  const tell = useCallback<Tell>(
    (kind, text, offer) => {
      const key = next.current++
      setMessages((shown) => [...shown.slice(-2), { key, kind, text, offer }])
      setTimeout(() => drop(key), offer ? WITH_OFFER_MS : SHOWN_MS[kind])
    },
    [drop],
  )
  const context = useMemo(() => ({ tell }), [tell])
  return (
    <MessagesContext value={context}>
      {children}
      <div className="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex flex-col items-center gap-2">
        {messages.map(({ key, kind, text, offer }) => (
          <div
            key={key}
            role={kind === 'refused' ? 'alert' : 'status'}
            className={`pointer-events-auto flex max-w-xl items-center gap-4 rounded-lg px-4 py-2.5 text-sm wrap-anywhere text-white shadow-lg ${
              kind === 'refused' ? 'bg-red-700' : 'bg-stone-800 dark:bg-stone-700'
            }`}
          >
            {text}
            {offer && (
              <button
                type="button"
                className="font-semibold underline underline-offset-2"
                onClick={() => {
                  drop(key)
                  offer.act()
                }}
              >
                {offer.name}
              </button>
            )}
          </div>
        ))}
      </div>
    </MessagesContext>
  )
}
