import { randomUUID } from 'node:crypto'
import { type CredentialsError, NetworkError, StoreError } from '../../client/node/index.ts'
import type { S3Store } from '../../client/node/s3/store.ts'
import { type Check, failed } from './check.ts'

export interface S3Subject {
  readonly store: S3Store
  /** Of keys; ours has a name of its own below it. */
  readonly prefix: string
  /** Of the page that is to upload, such as `https://www.example.com`. */
  readonly origin: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether an object may be made, which stays where it may not be deleted. */
  readonly deep: boolean
  readonly signal: AbortSignal
}

export function probeKey({ prefix }: S3Subject): string {
  return `${prefix}.partway-doctor-${randomUUID()}`
}

/** These say that it is not the permission, and that nothing else would be let through either. */
const HOPELESS = [
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'NoSuchBucket',
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
]

/** What is wrong for whatever is asked. */
export class HopelessError extends Error {
  readonly check: Check

  constructor(check: Check) {
    super(check.detail)
    this.check = check
  }
}

/**
 * Tries one operation.
 * @param action that it needs, such as `s3:ListBucket`
 * @param needed what for
 * @throws {HopelessError} where no other would be let through
 */
export async function tried<T>(
  name: string,
  action: string,
  needed: string,
  work: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly check: Check }> {
  try {
    return { value: await work() }
  } catch (error) {
    if (isHopeless(error)) throw new HopelessError(failed(nameOf(error), detailOf(error)))
    if (error instanceof StoreError && error.status === 403) {
      return {
        check: failed(name, `${action} is missing: ${needed}. Have it allowed (${error.code ?? 403})`),
      }
    }
    if (error instanceof StoreError) return { check: failed(name, error.message) }
    if (error instanceof SyntaxError) {
      throw new HopelessError(
        failed('endpoint', `what answers there is no S3: ${error.message} Look at --endpoint-url.`),
      )
    }
    throw error
  }
}

type Hopeless = StoreError | NetworkError | CredentialsError

function isHopeless(error: unknown): error is Hopeless {
  if (error instanceof StoreError) return HOPELESS.includes(error.code ?? '')
  return error instanceof NetworkError || (error instanceof Error && error.name === 'CredentialsError')
}

function nameOf(error: Hopeless): string {
  if (error instanceof NetworkError) return 'endpoint'
  if (!(error instanceof StoreError)) return 'credentials'
  if (error.code === 'AuthorizationHeaderMalformed') return 'region'
  return error.code === 'NoSuchBucket' || error.code === 'PermanentRedirect' ? 'bucket' : 'credentials'
}

const ADVICE: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'Look at the access key id, and whether it belongs to this store.',
  SignatureDoesNotMatch: 'Look at the secret access key.',
  ExpiredToken: 'Renew the credentials, such as by `aws sso login`.',
  InvalidToken: 'Renew the credentials, such as by `aws sso login`.',
  NoSuchBucket: 'Look at the bucket’s name, and at the endpoint.',
  PermanentRedirect: 'Give --region with the bucket’s own.',
  AuthorizationHeaderMalformed: 'Give --region with the bucket’s own.',
}

function detailOf(error: Hopeless): string {
  return [error.message, ADVICE[(error as Partial<StoreError>).code ?? '']].filter(Boolean).join(' ')
}
