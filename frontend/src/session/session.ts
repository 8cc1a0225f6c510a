import { createContext, useContext } from 'react'
import type { Role, Session } from '../api/client'

const ROLES: Role[] = ['viewer', 'operator', 'admin']

export const aRole = (role: Role) => (role === 'viewer' ? 'a viewer' : `an ${role}`)

export const SessionContext = createContext<Session | undefined>(undefined)

/** Who is signed in. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('nobody is signed in here')
  return session
}

/** What is offered, and what is not, is decided here; what is done, by the API. */
export function useMay(): (needed: Role) => boolean {
  const { role } = useSession()
  return (needed) => ROLES.indexOf(role) >= ROLES.indexOf(needed)
}

/** Why something that is shown cannot be changed; undefined where it can be. */
export function useWhyNot(needed: Role): string | undefined {
  const { name, role } = useSession()
  return useMay()(needed) ? undefined : `Only ${aRole(needed)} can change this; ${name} is ${aRole(role)}.`
}
