import { randomBytes } from 'node:crypto'
import { type Credentials, sha256Hex } from '../signing/sigv4.ts'
import type { Policy } from './policy.ts'

/** Temporary credentials, as STS gives them to a function's role or to a person. */
export interface Session extends Required<Credentials> {
  sessionToken: string
  /** The role's unique id and the session's name. */
  userId: string
  expiresAt: Date
  allows: Policy['allows']
}

export interface Sessions {
  /**
   * Assumes a role.
   * @param options.name of the role: the same name is the same caller. @default one of its own
   * @param options.seconds that they live. @default 43,200, twelve hours
   */
  assume(policy: Pick<Policy, 'allows'>, options?: { name?: string; seconds?: number }): Session
  find(accessKeyId: string): Session | undefined
}

const SESSION_SECONDS = 12 * 60 * 60
/** Makes a token of 1,200 characters: real ones have that and more, and size the presigned URLs. */
const TOKEN_BYTES = 900

/** Mints and knows the credentials of roles. Those of an earlier process are unknown to it, as if they had been rotated. */
export function createSessions(now: () => Date = () => new Date()): Sessions {
  const sessions = new Map<string, Session>()
  return {
    assume({ allows }, { name = randomBytes(8).toString('hex'), seconds = SESSION_SECONDS } = {}) {
      const session = {
        accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
        secretAccessKey: randomBytes(30).toString('base64'),
        sessionToken: randomBytes(TOKEN_BYTES).toString('base64'),
        expiresAt: new Date(now().getTime() + seconds * 1000),
        userId: `AROA${sha256Hex(name).slice(0, 17).toUpperCase()}:${name}`,
        allows,
      }
      sessions.set(session.accessKeyId, session)
      return session
    },
    find: (accessKeyId) => sessions.get(accessKeyId),
  }
}
