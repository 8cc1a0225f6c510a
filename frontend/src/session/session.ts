import { createContext, useContext } from 'react'
import type { Role, Session } from '../api/client'

const ROLES: Role[] = ['viewer', 'operator', 'admin']

export const roleWithArticle = (role: Role) => (role === 'viewer' ? 'a viewer' : `an ${role}`)

export const SessionContext = createContext<Session | undefined>(undefined)

/** The current session. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('there is no session here')
  return session
}

/** Whether the user has at least a role. This decides what is offered; the API decides what is allowed. */
export function useHasRole(): (needed: Role) => boolean {
  const { role } = useSession()
  return (needed) => ROLES.indexOf(role) >= ROLES.indexOf(needed)
}

/** Why a control is read-only; undefined if it can be changed. */
export function useReadOnlyReason(needed: Role): string | undefined {
  const { name, role } = useSession()
  return useHasRole()(needed) ? undefined : `Only ${roleWithArticle(needed)} can change this; ${name} is ${roleWithArticle(role)}.`
}
