import { useSession } from '../session/session'

/** Says, wherever one is, that nothing is locked. */
export function OpenToAll() {
  if (useSession().authenticated) return null
  return (
    <>
      <div aria-hidden="true" className="pointer-events-none fixed inset-0 z-50 border-4 border-red-600" />
      <p role="alert" className="bg-red-700 px-4 py-3 text-center text-sm font-semibold text-white">
        Authentication is off: everybody who reaches this address can run commands on this machine. To lock it, start it
        without <code className="font-mono">QUEUECTL_AUTH=off</code>.
      </p>
    </>
  )
}
