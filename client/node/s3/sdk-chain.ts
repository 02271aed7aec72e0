import type { CredentialsProvider } from './credentials.ts'

export interface ChainOptions {
  readonly profile: string | undefined
  readonly filepath: string
  readonly configFilepath: string
  /** Of the STS that roles are assumed at, where the profile names none. */
  readonly region: string
}

/** Of an instance's metadata service, twice at most: that is what a machine without one waits before it hears that there are none. */
const METADATA_TIMEOUT_MS = 1_000
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/**
 * The AWS SDK's default chain: profiles with roles, SSO and processes, then web identities, and the roles of containers and instances.
 * An optional dependency of 16 MB, which takes 0.15 s to load.
 * @returns `undefined` where it is not installed
 */
export async function sdkChain(options: ChainOptions): Promise<CredentialsProvider | undefined> {
  const sdk = await import('@aws-sdk/credential-provider-node').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
  })
  if (!sdk) return undefined
  const { profile, region, ...files } = options
  return sdk.defaultProvider({
    ...files,
    ...(profile !== undefined && { profile }),
    // Otherwise the files are read once, and what is renewed while an upload waits is never seen.
    ignoreCache: true,
    timeout: METADATA_TIMEOUT_MS,
    maxRetries: 0,
    logger: SILENT,
    parentClientConfig: { region, logger: SILENT },
  })
}
