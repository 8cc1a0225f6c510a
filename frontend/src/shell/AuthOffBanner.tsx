import { useSession } from '../session/session'

/** A warning on every page that authentication is off. */
export function AuthOffBanner() {
  if (useSession().authenticated) return null
  return (
    <>
      <div aria-hidden="true" className="pointer-events-none fixed inset-0 z-50 border-4 border-red-600" />
      <p role="alert" className="bg-red-700 px-4 py-3 text-center text-sm font-semibold text-white">
        Authentication is off: anyone who can reach this address can run commands on this machine. To turn it on, start
        QueueCTL without <code className="font-mono">QUEUECTL_AUTH=off</code>.
      </p>
    </>
  )
}
