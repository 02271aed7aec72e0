import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { type ObjectKey, parseKey } from '../protocol/object-key.ts'
import { ProblemError } from '../protocol/problems.ts'
import { type Config, config } from './config.ts'

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
}
