import AwsS3 from '@uppy/aws-s3'
import Uppy from '@uppy/core'
import { createClient } from '../client/browser/index.ts'

/** Runs in the page: sends the file that was chosen there, one way or another. */

/** The parts of a file, so many at once, each with a URL that is there already. */
export interface BareOrder {
  readonly way: 'bare'
  readonly lanes: number
  readonly checksumAlgorithm: 'CRC64NVME' | 'NONE'
}

export interface PartwayOrder {
  readonly way: 'partway'
  /** @default as many as the client likes */
  readonly lanes?: number
}

/** Straight to a bucket, so that no server between makes it slower. */
export interface UppyOrder {
  readonly way: 'uppy'
  /** `undefined`: as Uppy likes. */
  readonly inParts?: boolean
  readonly bucketUrl: string
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string }
}

export type Order = BareOrder | PartwayOrder | UppyOrder

declare global {
  interface Window {
    /** @returns milliseconds */
    race(order: Order): Promise<number>
  }
}

window.race = (order) => {
  const file = document.querySelector('input')?.files?.[0]
  if (!file) throw new Error('Expected a file to be chosen.')
  if (order.way === 'bare') return sendBare(file, order)
  return order.way === 'partway' ? sendByPartway(file, order) : sendByUppy(file, order)
}

async function sendByPartway(file: File, { lanes: concurrency }: PartwayOrder): Promise<number> {
  const begun = performance.now()
  const { verified } = await createClient({ url: location.origin }).upload(file, { concurrency }).result
  const milliseconds = performance.now() - begun
  if (verified !== 'checksum') throw new Error(`Expected the checksum to be verified, got ${verified}.`)
  return milliseconds
}

/** What one would write oneself: the time begins when everything is signed, and ends when the object is there. */
async function sendBare(file: File, { lanes, checksumAlgorithm }: BareOrder): Promise<number> {
  const request = { fileName: file.name, size: file.size, checksumAlgorithm }
  const { uploadId, key, partSize, signed } = await post('/uploads?format=urls', request)
  const parts: SignedPart[] = [...signed.parts]
  const begun = performance.now()
  const lane = async () => {
    for (let part = parts.shift(); part; part = parts.shift()) {
      const start = (part.partNumber - 1) * partSize
      await put(part, file.slice(start, start + part.size))
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  await post(`/uploads/${uploadId}/complete`, { key })
  return performance.now() - begun
}

interface SignedPart {
  readonly partNumber: number
  readonly size: number
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

async function post(path: string, body: unknown) {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`Expected an answer of ${path}, got ${await response.text()}.`)
  return response.json()
}

function put({ url, headers }: SignedPart, body: Blob): Promise<void> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    xhr.open('PUT', url)
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value)
    xhr.onload = () =>
      xhr.status === 200 ? resolve() : reject(new Error(`Expected 200, got ${xhr.status}.`))
    xhr.onerror = () => reject(new Error('The PUT failed.'))
    xhr.send(body)
  })
}

async function sendByUppy(file: File, { inParts, bucketUrl, credentials }: UppyOrder): Promise<number> {
  const uppy = new Uppy().use(AwsS3, {
    s3Endpoint: bucketUrl,
    getCredentials: () => ({ credentials, region: 'us-east-1' }),
    ...(inParts === undefined ? {} : { shouldUseMultipart: inParts }),
  })
  uppy.addFile({ name: file.name, type: file.type, data: file })
  const begun = performance.now()
  const result = await uppy.upload()
  const milliseconds = performance.now() - begun
  if (result?.successful?.length !== 1) {
    throw new Error(`Expected Uppy to succeed, got ${JSON.stringify(result?.failed?.[0]?.error)}.`)
  }
  return milliseconds
}
