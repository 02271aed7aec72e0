import { checksumAlgorithms } from '../../../protocol/checksum-algorithms.ts'
import { MAX_OBJECT_BYTES } from '../../../protocol/limits.ts'
import { ProblemError } from '../../../protocol/problems.ts'
import type { ListPartsResponse } from '../../../protocol/schemas.ts'
import { VERSION } from '../../../protocol/version.ts'
import type { ControlPlane, UploadId } from '../../control-plane.ts'
import { abort } from './abort.ts'
import { complete, ownObject } from './complete.ts'
import { download } from './download.ts'
import { initiate } from './initiate.ts'
import { listObjects } from './list-objects.ts'
import { listParts } from './list-parts.ts'
import { listUploads } from './list-uploads.ts'
import { type ObjectHeaders, objectHeaders } from './object-headers.ts'
import { asApi } from './problems.ts'
import { PartSigner } from './sign-parts.ts'
import type { S3Store } from './store.ts'
import { MARK_METADATA, parseMark, s3UploadIdOf, splitUploadId } from './upload-mark.ts'

/** Where in the bucket uploads go. */
export interface S3Target {
  /** The object's key. @default the prefix and the file's name */
  readonly key?: string | undefined
  /** Before the file's name, and of what is listed. @default '' */
  readonly prefix?: string | undefined
  /** Whether an object that stands at the key may be replaced. @default true, as S3 does it */
  readonly overwrite?: boolean | undefined
  /** Of objects that are uploaded. */
  readonly headers?: ObjectHeaders | undefined
  /** A stream that is uploaded: its size as far as it is read. */
  readonly stream?: { readonly size: number } | undefined
}

/**
 * The control plane straight to S3, with AWS credentials of the caller's own: what the API does for others, it does here. Problems have the
 * API's types, so that the engine cannot tell the difference.
 * @throws {TypeError} for a key that would be another one in a URL, and for headers that S3 would not take
 */
export function createS3ControlPlane(
  store: S3Store,
  { key, prefix = '', overwrite = true, headers: given = {}, stream }: S3Target = {},
): ControlPlane {
  const { address, call } = store
  if (key !== undefined) requireUrlSafe(key)
  const headers = objectHeaders(given)
  const signer = new PartSigner(store, stream)

  async function requireListing(upload: UploadId, signal: AbortSignal): Promise<ListPartsResponse> {
    const { mark, s3UploadId } = splitUploadId(upload.uploadId, stream?.size)
    const { plan } = mark
    const listing = await listParts(call, { key: upload.key, uploadId: s3UploadId }, plan.partCount, signal)
    if (!listing) {
      throw new ProblemError(
        'upload-unknown',
        'Expected an upload that is under way; this one was completed, aborted, has expired or never was.',
      )
    }
    const { algorithm, parts, ...rest } = listing
    return { ...upload, ...plan, checksumAlgorithm: algorithm, parts, ...rest }
  }

  return {
    endpoint: address.urlOf(address.pathOf(key ?? prefix)),
    waits: store.session.waits,
    describe: async () => ({
      version: VERSION,
      auth: 'iam',
      region: store.place.region,
      maxObjectSize: MAX_OBJECT_BYTES,
      checksums: [...checksumAlgorithms],
    }),
    initiate: (request, signal) =>
      asApi(async () => {
        const destination = {
          key: key ?? prefix + request.fileName,
          overwrite,
          headers,
          isStream: stream !== undefined,
        }
        requireUrlSafe(destination.key)
        const answer = await initiate(store, destination, request, signal)
        if (answer.kind === 'multipart') signer.begun(answer)
        return answer
      }),
    presign: (upload, parts, signal, checksums) => asApi(() => signer.sign(upload, parts, checksums, signal)),
    listParts: (upload, signal) => asApi(() => requireListing(upload, signal)),
    complete: (upload, request, signal) =>
      asApi(() => complete(store, { ...upload, ...request, overwrite, streamSize: stream?.size }, signal)),
    abort: ({ key, uploadId }, signal) =>
      asApi(() => abort(store, { key, uploadId: s3UploadIdOf(uploadId) }, signal)),
    listUploads: (page, signal) =>
      asApi(() => {
        const wanted = key ?? (page.like && prefix + page.like.fileName)
        return listUploads(store, { prefix: wanted ?? prefix, key: wanted }, page, signal)
      }),
    listObjects: (page, signal) =>
      asApi(() => listObjects(store.call, { ...page, prefix: page.prefix ?? prefix }, signal)),
    download: (request, signal) =>
      asApi(async () => {
        requireUrlSafe(request.key)
        return download(store, request.key, signal)
      }),
    find: (upload, signal) =>
      asApi(async () => {
        const mark =
          'uploadId' in upload
            ? splitUploadId(upload.uploadId, stream?.size).mark
            : parseMark(upload.headers[MARK_HEADER])
        return mark && ownObject(store, upload.key, mark, undefined, signal)
      }),
  }
}

const MARK_HEADER = `x-amz-meta-${MARK_METADATA}`

/** @throws {TypeError} */
function requireUrlSafe(key: string): void {
  if (key === '' || key.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw new TypeError(
      `Expected a key without "." and ".." between its slashes, which no URL can hold; got ${JSON.stringify(key)}. Choose another.`,
    )
  }
}
