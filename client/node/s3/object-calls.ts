import type { S3Call } from './call.ts'

/** A small object in one request. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
export async function putObject(
  call: S3Call,
  key: string,
  { body, headers }: { body: string; headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<void> {
  await call({ method: 'PUT', key, body, headers, to: `store ${key}` }, signal)
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html */
export async function deleteObject(call: S3Call, key: string, signal: AbortSignal): Promise<void> {
  await call({ method: 'DELETE', key, to: `delete ${key}` }, signal)
}
