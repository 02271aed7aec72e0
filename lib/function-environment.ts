import type { Duration, Size } from 'aws-cdk-lib'
import type { StorageClass } from 'aws-cdk-lib/aws-s3'
import type { AuthName, BoundAuth } from './upload-auth.ts'

export interface FunctionSettings {
  readonly bucketName: string
  readonly keyPrefix: string
  readonly auth: AuthName
  readonly oidc: BoundAuth['oidc']
  readonly maxObjectSize: Size
  readonly allowedContentTypes: readonly string[] | undefined
  readonly urlLifetime: Duration
  readonly storageClass: StorageClass | undefined
  readonly transferAcceleration: boolean
  /** The `Stack` dimension of the metrics. */
  readonly metricsStack: string
}

/** The environment of every function, as `lambda/config.ts` reads it. */
export function functionEnvironment(settings: FunctionSettings): Record<string, string> {
  const { oidc, allowedContentTypes, storageClass, transferAcceleration } = settings
  return {
    BUCKET: settings.bucketName,
    KEY_PREFIX: settings.keyPrefix,
    AUTH: settings.auth,
    MAX_OBJECT_SIZE: String(settings.maxObjectSize.toBytes()),
    URL_LIFETIME: String(settings.urlLifetime.toSeconds()),
    METRICS_STACK: settings.metricsStack,
    ...(oidc && { OIDC_ISSUER: oidc.issuer, OIDC_CLIENT_ID: oidc.clientId }),
    ...(allowedContentTypes && { ALLOWED_CONTENT_TYPES: allowedContentTypes.join(',') }),
    ...(storageClass && { STORAGE_CLASS: storageClass.value }),
    ...(transferAcceleration && { S3_ACCELERATE: '1' }),
  }
}
