import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react'
import { AskContext, type Ask, type Question } from './asking'
import { Button } from './Button'

/** Lets everything below it ask before something is done. Escape and the safe button leave all as it is. */
export function AskingProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<{ question: Question; answer: (yes: boolean) => void }>()
  const ask = useCallback<Ask>((question) => new Promise((answer) => setAsked({ question, answer })), [])
  return (
    <AskContext value={ask}>
      {children}
      {asked && (
        <Dialog
          question={asked.question}
          answered={(yes) => {
            asked.answer(yes)
            setAsked(undefined)
          }}
        />
      )}
    </AskContext>
  )
}

function Dialog({ question, answered }: { question: Question; answered: (yes: boolean) => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby="question"
      onClose={(event) => answered(event.currentTarget.returnValue === 'yes')}
      className="m-auto w-[min(28rem,calc(100vw-2rem))] rounded-xl bg-white p-5 text-stone-900 shadow-2xl dark:bg-stone-900 dark:text-stone-100"
    >
      <h2 id="question" className="font-semibold wrap-anywhere">
        {question.title}
      </h2>
      <p className="muted mt-2 text-sm">{question.text}</p>
      <div className="mt-5 flex justify-end gap-2">
        <Button autoFocus size="normal" onClick={() => dialog.current?.close('no')}>
          Keep as it is
        </Button>
        <Button kind="strong" size="normal" onClick={() => dialog.current?.close('yes')}>
          {question.action}
        </Button>
      </div>
    </dialog>
  )
}
