import type { StorageClass } from '@aws-sdk/client-s3'
import { MAX_OBJECT_BYTES } from '../protocol/limits.ts'

const AUTH = ['none', 'iam', 'jwt', 'cognito'] as const

/** What the stack tells its functions. Read once, at load. */
export const config = readConfig(process.env)

export interface Config {
  readonly bucket: string
  /** The first segments of every key, without a slash at the end. */
  readonly keyPrefix: string
  readonly auth: (typeof AUTH)[number]
  /** Who issues the tokens, and for which audience, where auth is by token. */
  readonly oidc: { readonly issuer: string; readonly clientId: string } | undefined
  /** In bytes. */
  readonly maxObjectSize: number
  /** Seconds that a presigned URL lives. */
  readonly urlLifetime: number
  /** Content types that may be uploaded, such as `image/*`; `undefined` for any. */
  readonly allowedContentTypes: readonly string[] | undefined
  /** S3's name of the storage class that objects are put into; `undefined` for the bucket's own default. */
  readonly storageClass: StorageClass | undefined
  /** Whether presigned URLs go through S3 Transfer Acceleration. */
  readonly accelerate: boolean
  /** The stack's name, under which metrics are kept; `undefined` for none. */
  readonly metricsStack: string | undefined
  readonly region: string
  /** The origin of a store that is not AWS's own, addressed path-style, by the variables that the SDK reads. */
  readonly endpoint: string | undefined
}

/** @throws {Error} that names the variable which is missing or wrong */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const auth = oneOf('AUTH', AUTH)
  const byToken = auth === 'jwt' || auth === 'cognito'
  return {
    bucket: required('BUCKET'),
    keyPrefix: required('KEY_PREFIX'),
    auth,
    oidc: byToken ? { issuer: required('OIDC_ISSUER'), clientId: required('OIDC_CLIENT_ID') } : undefined,
    maxObjectSize: integer('MAX_OBJECT_SIZE', 0, MAX_OBJECT_BYTES),
    urlLifetime: integer('URL_LIFETIME', 1, 7 * 24 * 3600),
    allowedContentTypes: env.ALLOWED_CONTENT_TYPES?.split(',').map((type) => type.trim().toLowerCase()),
    storageClass: env.STORAGE_CLASS as StorageClass | undefined,
    accelerate: env.S3_ACCELERATE === '1',
    metricsStack: env.METRICS_STACK,
    region: required('AWS_REGION'),
    endpoint: env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL,
  }

  function required(name: string): string {
    const value = env[name]
    if (!value) throw new Error(`The environment variable ${name} is missing.`)
    return value
  }

  function integer(name: string, min: number, max: number): number {
    const value = Number(required(name))
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new Error(`Expected ${name} to be a whole number from ${min} to ${max}, got "${env[name]}".`)
    }
    return value
  }

  function oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const value = required(name)
    const found = allowed.find((candidate) => candidate === value)
    if (!found) throw new Error(`Expected ${name} to be one of ${allowed.join(', ')}, got "${value}".`)
    return found
  }
}
