import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { ROOT_CREDENTIALS } from '../local/aws.ts'

const OPEN_BUCKET = 'open'

/** The S3 of the local AWS, by its root. */
export function openStore(s3Url: string) {
  const client = new S3Client({
    ...{ endpoint: s3Url, region: 'us-east-1', forcePathStyle: true, credentials: ROOT_CREDENTIALS },
  })
  return {
    /** For pages that sign by themselves. @returns the bucket's URL */
    async createOpenBucket(): Promise<string> {
      await client.send(new CreateBucketCommand({ Bucket: OPEN_BUCKET }))
      const rule = {
        AllowedOrigins: ['*'],
        AllowedMethods: ['PUT', 'POST'],
        AllowedHeaders: ['*'],
        ExposeHeaders: ['ETag'],
        MaxAgeSeconds: 3000,
      }
      const CORSConfiguration = { CORSRules: [rule] }
      await client.send(new PutBucketCorsCommand({ Bucket: OPEN_BUCKET, CORSConfiguration }))
      return `${s3Url}/${OPEN_BUCKET}`
    },
    /** @returns how many bytes there were */
    async empty(): Promise<number> {
      let bytes = 0
      const { Buckets = [] } = await client.send(new ListBucketsCommand({}))
      for (const { Name: Bucket } of Buckets) {
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }))
        for (const { Key, Size = 0 } of Contents) {
          await client.send(new DeleteObjectCommand({ Bucket, Key }))
          bytes += Size
        }
      }
      return bytes
    },
    close: () => client.destroy(),
  }
}
