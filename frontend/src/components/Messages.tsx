import { useCallback, useMemo, useRef, useState, type ReactNode } from 'react'
import { MessagesContext, type Kind } from './messages'

const SHOWN_MS = { done: 3000, refused: 8000 }

interface Message {
  key: number
  kind: Kind
  text: string
}

/** Lines at the bottom that tell how an action went; read out by screen readers. */
export function MessagesProvider({ children }: { children: ReactNode }) {
  const [messages, setMessages] = useState<Message[]>([])
  const next = useRef(0)
  const tell = useCallback((kind: Kind, text: string) => {
    const key = next.current++
    setMessages((shown) => [...shown.slice(-2), { key, kind, text }])
    setTimeout(() => setMessages((shown) => shown.filter((message) => message.key !== key)), SHOWN_MS[kind])
  }, [])
  const context = useMemo(() => ({ tell }), [tell])
  return (
    <MessagesContext value={context}>
      {children}
      <div className="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex flex-col items-center gap-2">
        {messages.map(({ key, kind, text }) => (
          <p
            key={key}
            role={kind === 'refused' ? 'alert' : 'status'}
            className={`max-w-xl rounded-lg px-4 py-2.5 text-sm break-words text-white shadow-lg ${
              kind === 'refused' ? 'bg-red-700' : 'bg-stone-800 dark:bg-stone-700'
            }`}
          >
            {text}
          </p>
        ))}
      </div>
    </MessagesContext>
  )
}
