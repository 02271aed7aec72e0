import type { Answer, BucketCall, NewBucketCall, ObjectCall, ServiceCall } from './call.ts'
import { abortMultipartUpload } from './operations/abort-multipart-upload.ts'
import {
  deleteBucketCors,
  deleteBucketLifecycle,
  getBucketCors,
  getBucketLifecycle,
  putBucketCors,
  putBucketLifecycle,
} from './operations/bucket-settings.ts'
import { createBucket, getBucketLocation, headBucket, listBuckets } from './operations/buckets.ts'
import { completeMultipartUpload } from './operations/complete-multipart-upload.ts'
import { createMultipartUpload } from './operations/create-multipart-upload.ts'
import { deleteObject, deleteObjects } from './operations/delete-object.ts'
import { getObject, headObject } from './operations/get-object.ts'
import { listMultipartUploads } from './operations/list-multipart-uploads.ts'
import { listObjects, listObjectsV2 } from './operations/list-objects.ts'
import { listParts } from './operations/list-parts.ts'
import { getObjectTagging } from './operations/object-tagging.ts'
import { putObject } from './operations/put-object.ts'
import { uploadPart } from './operations/upload-part.ts'

/** One operation: which requests ask for it, what it needs to be allowed, and what carries it out. */
export interface Operation<Call> {
  method: string
  /** The query parameters that make it this operation, such as `uploads`. */
  needs: readonly string[]
  /** Further query parameters that it understands. */
  takes: readonly string[]
  /** IAM's name of what it does; `undefined` where the operation asks for each object by itself. */
  action: string | undefined
  run(call: Call): Promise<Answer>
}

export const serviceOperations: readonly Operation<ServiceCall>[] = [
  operation('GET', [], [], 's3:ListAllMyBuckets', listBuckets),
]

/** The one operation on a bucket that need not exist. */
export const createBucketOperation: Operation<NewBucketCall> = operation(
  'PUT',
  [],
  [],
  's3:CreateBucket',
  createBucket,
)

const listing = ['prefix', 'delimiter', 'encoding-type']

export const bucketOperations: readonly Operation<BucketCall>[] = [
  operation('HEAD', [], [], 's3:ListBucket', headBucket),
  operation('GET', ['location'], [], 's3:GetBucketLocation', getBucketLocation),
  operation('PUT', ['cors'], [], 's3:PutBucketCORS', putBucketCors),
  operation('GET', ['cors'], [], 's3:GetBucketCORS', getBucketCors),
  operation('DELETE', ['cors'], [], 's3:PutBucketCORS', deleteBucketCors),
  operation('PUT', ['lifecycle'], [], 's3:PutLifecycleConfiguration', putBucketLifecycle),
  operation('GET', ['lifecycle'], [], 's3:GetLifecycleConfiguration', getBucketLifecycle),
  operation('DELETE', ['lifecycle'], [], 's3:PutLifecycleConfiguration', deleteBucketLifecycle),
  operation('POST', ['delete'], [], undefined, deleteObjects),
  operation(
    'GET',
    ['uploads'],
    [...listing, 'key-marker', 'upload-id-marker', 'max-uploads'],
    's3:ListBucketMultipartUploads',
    listMultipartUploads,
  ),
  operation(
    'GET',
    ['list-type'],
    [...listing, 'max-keys', 'start-after', 'continuation-token', 'fetch-owner'],
    's3:ListBucket',
    listObjectsV2,
  ),
  operation('GET', [], [...listing, 'max-keys', 'marker'], 's3:ListBucket', listObjects),
]

const reading = [
  'partNumber',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
]

export const objectOperations: readonly Operation<ObjectCall>[] = [
  operation('PUT', ['partNumber', 'uploadId'], [], 's3:PutObject', uploadPart),
  operation('PUT', [], [], 's3:PutObject', putObject),
  operation(
    'GET',
    ['uploadId'],
    ['max-parts', 'part-number-marker', 'encoding-type'],
    's3:ListMultipartUploadParts',
    listParts,
  ),
  operation('GET', ['tagging'], [], 's3:GetObjectTagging', getObjectTagging),
  operation('GET', [], reading, 's3:GetObject', getObject),
  operation('HEAD', [], reading, 's3:GetObject', headObject),
  operation('DELETE', ['uploadId'], [], 's3:AbortMultipartUpload', abortMultipartUpload),
  operation('DELETE', [], [], 's3:DeleteObject', deleteObject),
  operation('POST', ['uploads'], [], 's3:PutObject', createMultipartUpload),
  operation('POST', ['uploadId'], [], 's3:PutObject', completeMultipartUpload),
]

function operation<Call>(
  method: string,
  needs: readonly string[],
  takes: readonly string[],
  action: string | undefined,
  run: (call: Call) => Promise<Answer>,
): Operation<Call> {
  return { method, needs, takes, action, run }
}
