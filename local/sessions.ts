import { randomBytes } from 'node:crypto'
import type { Credentials } from '../signing/sigv4.ts'
import type { Policy } from './policy.ts'

/** Temporary credentials of a role, as STS gives them to a function. */
export interface Session extends Required<Credentials> {
  sessionToken: string
  expiresAt: Date
  allows: Policy['allows']
}

export interface Sessions {
  /** Assumes a role. */
  assume(policy: Policy): Session
  find(accessKeyId: string): Session | undefined
}

const SESSION_MS = 12 * 60 * 60 * 1000
/** Makes a token of 1,200 characters: real ones have that and more, and size the presigned URLs. */
const TOKEN_BYTES = 900

/** Mints and knows the credentials of roles. Those of an earlier process are unknown to it, as if they had been rotated. */
export function createSessions(now: () => Date = () => new Date()): Sessions {
  const sessions = new Map<string, Session>()
  return {
    assume({ allows }) {
      const session = {
        accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
        secretAccessKey: randomBytes(30).toString('base64'),
        sessionToken: randomBytes(TOKEN_BYTES).toString('base64'),
        expiresAt: new Date(now().getTime() + SESSION_MS),
        allows,
      }
      sessions.set(session.accessKeyId, session)
      return session
    },
    find: (accessKeyId) => sessions.get(accessKeyId),
  }
}
