import { S3Client, UploadPartCommand } from '@aws-sdk/client-s3'
import { getSignedUrl, S3RequestPresigner } from '@aws-sdk/s3-request-presigner'
import { createPresigner } from '../signing/presigner.ts'
import { compare } from './compare.ts'

const PARTS = 10_000
const PARTS_FOR_THE_SDK = 1000
const PART_BYTES = 8 * 1024 * 1024
const EXPIRES_IN = 3600

const region = 'us-east-1'
const bucket = 'partway-uploads'
const key = 'uploads/public/019a0b1c-2d3e-7f40-8a1b-2c3d4e5f6071-zik0zj4-8/film.mov'
const uploadId = 'u'.repeat(128)
/** As long as a Lambda role's. */
const sessionToken = 'IQoJb3JpZ2luX2VjE'.padEnd(1200, 'x/+9')
const credentials = { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', secretAccessKey: 'k'.repeat(40), sessionToken }

/** Presigning every part of the largest upload: here, and with the AWS SDK in its two ways. */
export async function presign(): Promise<string> {
  const client = new S3Client({ region, credentials, requestChecksumCalculation: 'WHEN_REQUIRED' })
  const { sha256 } = client.config
  const sdk = new S3RequestPresigner({ region, credentials, sha256 })
  const ours = createPresigner({ region, bucket, credentials })
  return compare({
    title: 'presigning UploadPart, 1,200-byte session token',
    unit: 'parts',
    columns: { 'ms for 10,000': (seconds) => (seconds * PARTS * 1000).toFixed(0) },
    contestants: [
      {
        name: '`presignParts`: a template and signatures',
        amount: PARTS,
        run: () => ours.presignParts({ key, uploadId, expiresIn: EXPIRES_IN }, partsUpTo(PARTS)),
      },
      {
        name: '`presignPart`, one after the other: whole URLs',
        amount: PARTS_FOR_THE_SDK,
        run: () =>
          partsUpTo(PARTS_FOR_THE_SDK).map((part) =>
            ours.presignPart({ key, uploadId, ...part, expiresIn: EXPIRES_IN }),
          ),
      },
      {
        name: 'a reused `S3RequestPresigner`',
        amount: PARTS_FOR_THE_SDK,
        run: async () => {
          for (const { partNumber, size } of partsUpTo(PARTS_FOR_THE_SDK)) {
            await sdk.presign(
              {
                method: 'PUT',
                protocol: 'https:',
                hostname: `${bucket}.s3.${region}.amazonaws.com`,
                path: `/${key}`,
                query: { partNumber: String(partNumber), uploadId, 'x-id': 'UploadPart' },
                headers: { 'content-length': String(size) },
              },
              { expiresIn: EXPIRES_IN },
            )
          }
        },
      },
      {
        name: '`getSignedUrl` in a `Promise.all`',
        amount: PARTS_FOR_THE_SDK,
        run: () =>
          Promise.all(
            partsUpTo(PARTS_FOR_THE_SDK).map(({ partNumber, size }) =>
              getSignedUrl(
                client,
                new UploadPartCommand({
                  Bucket: bucket,
                  Key: key,
                  UploadId: uploadId,
                  PartNumber: partNumber,
                  ContentLength: size,
                }),
                { expiresIn: EXPIRES_IN },
              ),
            ),
          ),
      },
    ],
  })
}

function partsUpTo(count: number): { partNumber: number; size: number }[] {
  return Array.from({ length: count }, (_, at) => ({ partNumber: at + 1, size: PART_BYTES }))
}
