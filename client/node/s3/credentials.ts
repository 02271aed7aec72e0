import type { Credentials } from '../../../signing/sigv4.ts'
import { PartwayError } from '../../errors.ts'

export interface AwsCredentials extends Readonly<Credentials> {
  /** Absent where nobody says: the store's refusal tells then. */
  readonly expiration?: Date | undefined
}

/**
 * Gives credentials, asked as often as there is need for others. Those of the AWS SDK (`fromNodeProviderChain()`, `fromSSO()`, …) can be
 * passed as they are.
 */
export interface CredentialsProvider {
  /** @param options.forceRefresh the last ones were refused, or have expired: none that are remembered */
  (options?: { forceRefresh?: boolean }): Promise<AwsCredentials>
  /** Others never come of it while this process runs, so that there is nothing to wait for. @default false */
  readonly fixed?: boolean
}

/** There are no credentials, or none that can be used. Set others and begin again: the upload goes on where it stopped. */
export class CredentialsError extends PartwayError {
  override readonly name = 'CredentialsError'

  constructor(message: string, options?: ErrorOptions) {
    super(message, true, options)
  }
}

/** Always the same. */
export function staticCredentials(credentials: AwsCredentials): CredentialsProvider {
  return Object.assign(async () => credentials, { fixed: true })
}

/**
 * Those of `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
 * @returns `undefined` where the environment has none
 */
export function environmentCredentials({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_SESSION_TOKEN: sessionToken,
}: NodeJS.ProcessEnv): CredentialsProvider | undefined {
  if (!accessKeyId || !secretAccessKey) return undefined
  return staticCredentials({ accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) })
}
