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
import { config } from './config.ts'
import { credentials } from './presigner.ts'

/**
 * S3 as the functions use it: its operations by their own names, on the one bucket. Errors that a caller can do something
 * about come out as problems; absence comes out as `undefined`.
 */

const { bucket: Bucket, region, endpoint } = config

const client = new S3Client({
  region,
  credentials,
  ...(endpoint && { endpoint, forcePathStyle: true }),
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
})

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
  if (name === 'InvalidArgument' || name === 'KeyTooLongError') {
    const detail = 'Expected arguments that S3 takes; it refused one. Check the cursor and the upload id.'
    return new ProblemError('invalid-request', detail, {}, options)
  }
  return new ProblemError(
    'store-error',
    'S3 refused or did not answer. Ask again; if it stays, report the request id.',
    {},
    options,
  )
}
