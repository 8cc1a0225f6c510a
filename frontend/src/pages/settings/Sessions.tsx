import { useState, type ReactNode } from 'react'
import { api, unwrap, type ApiError, type SignInLink } from '../../api/client'
import { Button } from '../../components/Button'
import { closeDialog, Dialog } from '../../components/Dialog'
import { useToast } from '../../components/toast'
import { Secret } from '../../components/Secret'
import { Time } from '../../components/Time'
import { roleWithArticle, useSession } from '../../session/session'
import { useSignOut } from '../../session/useSignOut'

/** The current session, sign-in links for other browsers, and sign-out. */
export function Sessions() {
  const signOut = useSignOut()
  const { name, role, expires_at: expiresAt } = useSession()
  return (
    <div className="card divide-y">
      <Row
        title="This browser"
        text={
          <>
            Signed in as <strong className="font-medium">{name}</strong>, {roleWithArticle(role)}
            {expiresAt && (
              <>
                ; the session ends <Time at={expiresAt} />
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
      <Row title="Another browser" text="A sign-in link works once, within an hour. Anyone who opens it is signed in as you, so keep it private. Signing out here also signs out that browser.">
        <LinkButton />
      </Row>
      <Row title="All browsers" text={`Ends all sessions of ${name}, here and in other browsers. The token remains valid.`}>
        <Button size="normal" variant="danger" onClick={() => void signOut(true)}>
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
  const { showToast } = useToast()
  const [link, setLink] = useState<SignInLink>()
  const make = async () => {
    try {
      setLink(await unwrap(api.POST('/api/session/link')))
    } catch (error) {
      showToast('error', (error as ApiError).message)
    }
  }
  return (
    <>
      <Button size="normal" onClick={() => void make()}>
        Create a sign-in link
      </Button>
      {link && (
        <Dialog title="Sign-in link" onClose={() => setLink(undefined)}>
          <p className="muted mt-1 mb-4 text-sm">
            Open it in the other browser. It works once and expires <Time at={link.expires_at} />. It is shown only once.
          </p>
          <Secret text={link.url} label="the link" />
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
