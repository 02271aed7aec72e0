import { ApiError, createClient, type NodeClient } from '../client/node/index.ts'
import { type Invocation, UsageError } from './command.ts'
import { apiUrl, traffic } from './flags.ts'

/** In the environment rather than in a flag: what is typed stays in the shell's history, and any process can read it. */
export const TOKEN_VARIABLE = 'PARTWAY_TOKEN'

/**
 * A client of the API that the command names, for the caller whose token the environment has.
 * @throws {UsageError} where it names none, or limits that leave no room for a part
 */
export function connect(invocation: Invocation): NodeClient {
  const options = { url: apiUrl(invocation), token: () => tokenOf(invocation), ...traffic(invocation) }
  try {
    return createClient(options)
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(withFlags(error.message))
    throw error
  }
}

/** The client's options, as the command calls them. */
function withFlags(message: string): string {
  return message.replaceAll('maxMemory', '--max-memory').replaceAll('bandwidthLimit', '--bandwidth-limit')
}

/** What the API asks of callers, where that is why it said no: who signs them in, and what to do with the token. */
export async function adviceOnSignIn(
  error: unknown,
  { api }: NodeClient,
  invocation: Invocation,
): Promise<string | undefined> {
  if (!(error instanceof ApiError) || error.type || (error.status !== 401 && error.status !== 403)) {
    return undefined
  }
  const { auth, issuer, clientId } = await api.describe(invocation.signal)
  if (auth === 'iam') {
    return 'It takes requests signed with AWS credentials (auth iam), which this version of the command does not make.'
  }
  const refused = tokenOf(invocation)
    ? `It did not take the token in ${TOKEN_VARIABLE}, which may have expired.`
    : `It takes signed-in callers only, and ${TOKEN_VARIABLE} is not set.`
  return `${refused} Set it to a token of the issuer ${issuer} for the client ${clientId}.`
}

function tokenOf({ terminal }: Invocation): string | undefined {
  return terminal.environment[TOKEN_VARIABLE]?.trim() || undefined
}
