import { createHash } from 'node:crypto'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { type ObjectKey, parseKey } from '../protocol/object-key.ts'
import { ProblemError } from '../protocol/problems.ts'
import { type Config, config } from './config.ts'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
/** 130 bits of the hash. */
const CALLER_LENGTH = 26

/** Who calls, as the second segment of their keys: each sees and writes below `{prefix}/{caller}/` only. */
export function identifyCaller(event: APIGatewayProxyEventV2): string {
  return identify[config.auth](event)
}

/** The keys of one caller begin with this. */
export function callerPrefix(caller: string): string {
  return `${config.keyPrefix}/${caller}/`
}

/** @throws {ProblemError} `key-not-yours` for a key of another caller's, or one that initiate did not make */
export function ownKey(key: string, caller: string): ObjectKey {
  const parsed = parseKey(key)
  if (parsed?.prefix !== config.keyPrefix || parsed.caller !== caller) {
    throw new ProblemError(
      'key-not-yours',
      'Expected a key that POST /uploads returned to you, whole and unchanged; got another.',
    )
  }
  return parsed
}

const identify: Record<Config['auth'], (event: APIGatewayProxyEventV2) => string> = {
  none: () => 'public',
  /** The unique id of the user or role: it outlives a session, and is never given to another. */
  iam: (event) => {
    const { authorizer } = event.requestContext as { authorizer?: { iam?: { userId?: string } } }
    const id = authorizer?.iam?.userId?.split(':')[0]
    if (!id) throw new Error('The gateway passed no IAM identity: the route lacks its authorizer.')
    return id
  },
  jwt: tokenCaller,
  cognito: tokenCaller,
}

/** A hash of issuer and subject: short, safe in a key, the same for every token of a person, and no one else's. */
function tokenCaller(event: APIGatewayProxyEventV2): string {
  const { authorizer } = event.requestContext as {
    authorizer?: { jwt?: { claims?: Record<string, unknown> } }
  }
  const { iss, sub } = authorizer?.jwt?.claims ?? {}
  if (typeof iss !== 'string' || typeof sub !== 'string' || sub === '') {
    throw new Error('The gateway passed no claims of a token: the route lacks its authorizer.')
  }
  const digest = createHash('sha256').update(`${iss}\n${sub}`).digest()
  return base32(digest).slice(0, CALLER_LENGTH)
}

/** RFC 4648, in lower case and without padding. */
function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.replace(/.{1,5}/g, (five) => BASE32.charAt(Number.parseInt(five.padEnd(5, '0'), 2)))
}
