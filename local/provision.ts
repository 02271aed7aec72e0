import {
  CreateBucketCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { REGION } from './intrinsics.ts'
import type { BucketDescription } from './template.ts'

/** Makes the buckets of a stack, as CloudFormation would: by calls to S3. Harmless where they exist already. */
export async function provisionBuckets(
  buckets: BucketDescription[],
  endpoint: string,
  credentials: { accessKeyId: string; secretAccessKey: string },
): Promise<void> {
  const client = new S3Client({ endpoint, forcePathStyle: true, region: REGION, credentials })
  try {
    await Promise.all(buckets.map((bucket) => provision(client, bucket)))
  } finally {
    client.destroy()
  }
}

async function provision(
  client: S3Client,
  { name: Bucket, cors, lifecycle }: BucketDescription,
): Promise<void> {
  await client.send(new CreateBucketCommand({ Bucket })).catch((error: Error) => {
    if (error.name !== 'BucketAlreadyOwnedByYou') throw error
  })
  if (cors) {
    const CORSRules = cors.CorsRules.map(({ Id, ExposedHeaders, MaxAge, ...rule }) => ({
      ...rule,
      ID: Id,
      ExposeHeaders: ExposedHeaders,
      MaxAgeSeconds: MaxAge,
    }))
    await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }))
  }
  if (lifecycle) {
    const Rules = lifecycle.Rules.map(({ Id, Prefix, ...rule }) => ({ ...rule, ID: Id, Filter: { Prefix } }))
    await client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }),
    )
  }
}
