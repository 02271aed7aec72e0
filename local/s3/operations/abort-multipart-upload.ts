import type { Answer, ObjectCall } from '../call.ts'

export async function abortMultipartUpload({ bucket, key, query }: ObjectCall): Promise<Answer> {
  await bucket.uploads.abort(key, query.get('uploadId') ?? '')
  return { status: 204 }
}
