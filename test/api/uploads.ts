import { randomBytes } from 'node:crypto'
import { planParts } from '../../protocol/part-plan.ts'
import { routes } from '../../protocol/routes.ts'
import type { InitiateRequest, MultipartUpload, SingleUpload } from '../../protocol/schemas.ts'
import { unpackSignedParts } from '../../protocol/signed-parts.ts'
import { ask } from './local-aws.ts'

/** Uploads as the tests drive them: by the API's routes and plain PUTs, without the client. */

type Request = Omit<InitiateRequest, 'size'>

export async function initiate(
  apiUrl: string,
  content: Uint8Array,
  request: Request = { fileName: 'film.mp4' },
): Promise<MultipartUpload> {
  const answer = await ask(apiUrl, routes.initiate, { body: { size: content.length, ...request } })
  if (answer.kind !== 'multipart') throw new Error('Expected a multipart upload, got a single PUT.')
  return answer
}

export async function initiateSingle(apiUrl: string, size: number, request: Request): Promise<SingleUpload> {
  const answer = await ask(apiUrl, routes.initiate, { body: { size, ...request } })
  if (answer.kind !== 'single') throw new Error('Expected a single PUT, got a multipart upload.')
  return answer
}

/** Sends the given parts, or all, with the bytes of `content` that the plan gives them. */
export async function sendParts(
  upload: MultipartUpload,
  content: Uint8Array,
  only?: number[],
): Promise<void> {
  const plan = planParts(upload.size, upload.partSize)
  for (const { partNumber, size, url, headers } of unpackSignedParts(upload.signed, plan)) {
    if (only && !only.includes(partNumber)) continue
    const start = (partNumber - 1) * upload.partSize
    const { status } = await fetch(url, { method: 'PUT', headers, body: content.slice(start, start + size) })
    if (status !== 200) throw new Error(`Expected part ${partNumber} to be taken, got ${status}.`)
  }
}

export async function sendSingle({ url, headers }: SingleUpload, content: Uint8Array): Promise<number> {
  const { status } = await fetch(url, { method: 'PUT', headers, body: content.slice() })
  return status
}

/** Where an upload's routes find it. */
export function at({ key, uploadId }: MultipartUpload) {
  return { path: { uploadId }, query: { key }, body: { key } }
}

export function content(bytes: number): Uint8Array {
  return new Uint8Array(randomBytes(bytes))
}
