import { EXPOSED_HEADERS } from '../../protocol/exposed-headers.ts'
import { shellQuote } from '../format.ts'
import type { S3Subject } from './s3-subject.ts'

const DAYS = 7

/** Has unfinished uploads below the prefix deleted after a week. */
export function lifecycleCommand({ store, prefix }: S3Subject): string {
  const rule = {
    ID: 'abort-unfinished-uploads',
    Status: 'Enabled',
    Filter: { Prefix: prefix },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: DAYS },
  }
  return awsCommand(store.place, 'put-bucket-lifecycle-configuration', '--lifecycle-configuration', {
    Rules: [rule],
  })
}

/** Lets pages of that origin send parts and read what is answered. */
export function corsMending({ store }: S3Subject, origin: string): { advice: string; fix: string } {
  const rule = {
    AllowedOrigins: [origin],
    AllowedMethods: ['GET', 'HEAD', 'PUT'],
    AllowedHeaders: ['*'],
    ExposeHeaders: EXPOSED_HEADERS,
    MaxAgeSeconds: 3600,
  }
  return {
    advice: 'add a rule; this sets it in place of all that are there:',
    fix: awsCommand(store.place, 'put-bucket-cors', '--cors-configuration', { CORSRules: [rule] }),
  }
}

function awsCommand(
  { bucket, endpoint }: S3Subject['store']['place'],
  operation: string,
  flag: string,
  configuration: object,
): string {
  const words = [
    ...['aws', 's3api', operation, '--bucket', bucket],
    ...(endpoint ? ['--endpoint-url', endpoint] : []),
    ...[flag, JSON.stringify(configuration)],
  ]
  return words.map(shellQuote).join(' ')
}
