import { type Connections, createConnections } from '../client/node/http.ts'
import {
  ApiError,
  type AwsCredentials,
  createClient,
  createS3Client,
  defaultCredentials,
  type NodeClient,
  type S3Client,
} from '../client/node/index.ts'
import { openStore, type S3Store, type S3StoreOptions } from '../client/node/s3/store.ts'
import { nodeWakes } from '../client/node/wakes.ts'
import { type Invocation, UsageError } from './command.ts'
import { apiCaller, storeOf, TOKEN_VARIABLE, tokenOf } from './credentials.ts'
import { stringFlag, traffic } from './flags.ts'
import type { ApiPlace, Place, S3Place } from './place.ts'
import { apiName } from './tokens.ts'
import { sayingWaits, sayWaits } from './waiting.ts'

/** A client for the caller that the environment names. */
export type Connection = ApiConnection | S3Connection

export interface ApiConnection {
  readonly kind: 'api'
  readonly place: ApiPlace
  readonly client: NodeClient
}

export interface S3Connection {
  readonly kind: 's3'
  readonly place: S3Place
  readonly client: S3Client
}

/** @throws {UsageError} for limits that leave no room for a part */
export function connect(invocation: Invocation, place: Place): Connection {
  const { flags, output } = invocation
  const common = { state: stringFlag(flags.journal), ...traffic(invocation) }
  try {
    if (place.kind === 'api') {
      const client = createClient({ url: place.url, authorizer: apiCaller(invocation, place.url), ...common })
      return { kind: 'api', place, client: sayingWaits(client, output) }
    }
    const client = createS3Client({ ...storeOptions(invocation, place), ...common })
    return { kind: 's3', place, client: sayingWaits(client, output) }
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(withFlags(error.message))
    throw error
  }
}

/**
 * For the operations of S3's that a client does not show. Close the connections afterwards.
 * @param credentials @default as the environment and the flags have them
 */
export function openS3(invocation: Invocation, place: S3Place, credentials?: AwsCredentials): S3Access {
  const connections = createConnections()
  const options = { wakes: nodeWakes, ...storeOptions(invocation, place) }
  const store = openStore({ ...options, ...(credentials && { credentials }) }, connections)
  sayWaits(store.session.waits, invocation.output)
  return { kind: 's3', place, store, connections, close: () => connections.close() }
}

export interface S3Access {
  readonly kind: 's3'
  readonly place: S3Place
  readonly store: S3Store
  readonly connections: Connections
  close(): void
}

function storeOptions({ flags, terminal }: Invocation, { bucket, endpoint }: S3Place): S3StoreOptions {
  const profile = stringFlag(flags.profile)
  return {
    bucket,
    endpoint,
    region: stringFlag(flags.region),
    profile,
    credentials: defaultCredentials(profile, terminal.environment),
    ...(flags['path-style'] === true && { pathStyle: true }),
  }
}

/** The client's options, as the command calls them. */
function withFlags(message: string): string {
  return message.replaceAll('maxMemory', '--max-memory').replaceAll('bandwidthLimit', '--bandwidth-limit')
}

/** What the API asks of callers, where that is why it said no: who signs them in, and how. */
export async function adviceOnSignIn(
  error: unknown,
  { kind, place, client }: Connection,
  invocation: Invocation,
): Promise<string | undefined> {
  if (kind === 's3') return undefined
  if (!(error instanceof ApiError) || error.type || (error.status !== 401 && error.status !== 403)) {
    return undefined
  }
  const { auth, issuer, clientId } = await client.api.describe(invocation.signal)
  if (auth === 'iam') return 'It takes AWS credentials that execute-api:Invoke is granted to (auth iam).'
  const api = apiName(place.url)
  const login = `run partway login --api ${api}`
  const token = `a token of the issuer ${issuer} for the client ${clientId}`
  if (tokenOf(invocation)) {
    return `It did not take the token in ${TOKEN_VARIABLE}, which may have expired. Set it to ${token}; or unset it, and ${login}.`
  }
  if (await storeOf(invocation).read(api)) {
    return `It did not take the sign-in that is kept, which may have ended: ${login}.`
  }
  return `It takes signed-in callers only, and ${TOKEN_VARIABLE} is not set. Either ${login}, or set it to ${token}.`
}
