import { useState, type ReactNode } from 'react'
import { api, ask, type Refused, type SignInLink } from '../../api/client'
import { Button } from '../../components/Button'
import { closeDialog, Dialog } from '../../components/Dialog'
import { useMessages } from '../../components/messages'
import { Secret } from '../../components/Secret'
import { Time } from '../../components/Time'
import { aRole, useSession } from '../../session/session'
import { useSignOut } from '../../session/useSignOut'

/** Who is signed in here, how another browser is, and the way out. */
export function SigningIn() {
  const signOut = useSignOut()
  const { name, role, expires_at: end } = useSession()
  return (
    <div className="card divide-y">
      <Row
        title="This browser"
        text={
          <>
            Signed in as <strong className="font-medium">{name}</strong>, {aRole(role)}
            {end && (
              <>
                ; this ends <Time at={end} />
              </>
            )}
            .
          </>
        }
      >
        <Button size="normal" onClick={() => void signOut(false)}>
          Sign out
        </Button>
      </Row>
      <Row title="Another browser" text="A link signs in a browser as you: once, and within an hour. Whoever has it can do what you can. That browser is signed out when you sign out here.">
        <LinkButton />
      </Row>
      <Row title="Everywhere" text={`Ends every session of ${name}, here and in other browsers. The token itself stays good.`}>
        <Button size="normal" kind="danger" onClick={() => void signOut(true)}>
          Sign out everywhere
        </Button>
      </Row>
    </div>
  )
}

function Row({ title, text, children }: { title: string; text: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 p-4">
      <div className="min-w-60 flex-1">
        <h2 className="text-sm font-medium">{title}</h2>
        <p className="muted mt-0.5 text-sm">{text}</p>
      </div>
      {children}
    </section>
  )
}

function LinkButton() {
  const { tell } = useMessages()
  const [link, setLink] = useState<SignInLink>()
  const make = async () => {
    try {
      setLink(await ask(api.POST('/api/session/link')))
    } catch (refusal) {
      tell('refused', (refusal as Refused).message)
    }
  }
  return (
    <>
      <Button size="normal" onClick={() => void make()}>
        Make a sign-in link
      </Button>
      {link && (
        <Dialog title="A link to sign in" closed={() => setLink(undefined)}>
          <p className="muted mt-1 mb-4 text-sm">
            Open it in the other browser. It works once, and ends <Time at={link.expires_at} />. It is shown only here.
          </p>
          <Secret text={link.url} what="the link" />
          <div className="mt-5 flex justify-end">
            <Button size="normal" onClick={closeDialog}>
              Done
            </Button>
          </div>
        </Dialog>
      )}
    </>
  )
}
