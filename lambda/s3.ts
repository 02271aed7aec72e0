import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  ListPartsCommand,
  type ListPartsCommandOutput,
  type Part,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { MAX_LIST_PAGE } from '../protocol/limits.ts'
import { ProblemError } from '../protocol/problems.ts'
import { createPresigner } from '../signing/presigner.ts'
import { s3Address } from '../signing/s3-address.ts'
import { config } from './config.ts'

/**
 * S3 as the functions use it: its operations by their own names, on the one bucket. Errors that a caller can do something
 * about come out as problems; absence comes out as `undefined`.
 */

const credentials = functionCredentials(process.env)
const { bucket: Bucket, region, endpoint } = config
const place = { region, bucket: Bucket, endpoint }

const client = new S3Client({
  region,
  credentials,
  ...(endpoint && { endpoint, forcePathStyle: true }),
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
})

/** Signs with the function's own role: a URL allows what the role does, and dies with its session. */
export const presigner = createPresigner({ ...place, credentials })

/** The object's URL, unsigned. */
export function objectUrl(key: string): string {
  const address = s3Address(place)
  return address.urlOf(address.pathOf(key))
}

export function createMultipartUpload(input: WithoutBucket<CreateMultipartUploadCommandInput>) {
  return store(client.send(new CreateMultipartUploadCommand({ Bucket, ...input })))
}

/**
 * Every part of an upload up to `lastPartNumber`: pages in parallel, because a marker can be any number.
 * @returns `undefined` where there is no such upload
 */
export async function listParts(upload: Upload, lastPartNumber: number): Promise<Listing | undefined> {
  const markers = Array.from(
    { length: Math.ceil(lastPartNumber / MAX_LIST_PAGE) },
    (_, page) => page * MAX_LIST_PAGE,
  )
  const pages = await unlessUnknown(
    store(
      Promise.all(
        markers.map((marker) =>
          client.send(new ListPartsCommand({ Bucket, ...upload, PartNumberMarker: String(marker) })),
        ),
      ),
    ),
  )
  if (pages === undefined) return undefined
  const parts = new Map(
    pages.flatMap(({ Parts = [] }) => Parts).map((part) => [part.PartNumber ?? 0, part] as const),
  )
  return { ...pages[0], Parts: [...parts.values()] }
}

/** @returns `undefined` where there is no such upload (any more) */
export function completeMultipartUpload(input: WithoutBucket<CompleteMultipartUploadCommandInput>) {
  return unlessUnknown(store(client.send(new CompleteMultipartUploadCommand({ Bucket, ...input }))))
}

/** @returns `undefined` where there is no such upload (any more) */
export function abortMultipartUpload(upload: Upload) {
  return unlessUnknown(store(client.send(new AbortMultipartUploadCommand({ Bucket, ...upload }))))
}

export function listMultipartUploads(input: WithoutBucket<ListMultipartUploadsCommandInput>) {
  return store(client.send(new ListMultipartUploadsCommand({ Bucket, ...input })))
}

export function listObjects(input: WithoutBucket<ListObjectsV2CommandInput>) {
  return store(client.send(new ListObjectsV2Command({ Bucket, ...input })))
}

/** @returns `undefined` where there is no such object */
export function headObject(key: string) {
  return unlessUnknown(
    store(client.send(new HeadObjectCommand({ Bucket, Key: key, ChecksumMode: 'ENABLED' }))),
  )
}

export interface Upload {
  Key: string
  UploadId: string
}

/** All pages of ListParts in one. */
export type Listing = Partial<ListPartsCommandOutput> & { Parts: Part[] }

type WithoutBucket<T> = Omit<T, 'Bucket'>

/** What S3, or a store like it, calls a thing that is not there. */
const UNKNOWN = new Set(['NoSuchUpload', 'NoSuchKey', 'NotFound'])
const BUSY = new Set(['SlowDown', 'ServiceUnavailable', 'RequestTimeout', 'TimeoutError', 'InternalError'])

async function unlessUnknown<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    const { cause } = error as Error
    if (cause instanceof S3ServiceException && UNKNOWN.has(cause.name)) return undefined
    throw error
  }
}

async function store<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw storeProblem(error)
  }
}

function storeProblem(cause: unknown): ProblemError {
  const { name, $metadata } = cause as { name?: string; $metadata?: { httpStatusCode?: number } }
  const options = { cause }
  if (name === 'BadDigest') {
    const detail =
      'The checksum of the stored parts is not the one given: list the parts, send again those that differ, then complete. The upload is kept.'
    return new ProblemError('checksum-mismatch', detail, {}, options)
  }
  if (BUSY.has(name ?? '') || $metadata?.httpStatusCode === 503) {
    return new ProblemError('store-busy', 'S3 asks for patience: ask again after a pause.', {}, options)
  }
  return new ProblemError(
    'store-error',
    'S3 refused or did not answer. Ask again; if it stays, report the request id.',
    {},
    options,
  )
}

/** The role's credentials, which Lambda puts into the environment: no chain of providers to load and try. */
function functionCredentials(env: NodeJS.ProcessEnv) {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new Error('The environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are missing.')
  }
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  }
}
