import { follow } from '../abort.ts'
import { NetworkError } from '../errors.ts'
import type { PartTransport, PutRequest, PutResponse } from '../ports.ts'
import { Hasher } from './hasher.ts'

/**
 * XMLHttpRequest with a slice of the file: as fast as fetch or workers, and the only one that tells how far an upload is.
 * The browser reads the slice itself, and a worker reads it once more for its checksum: from the system's cache, on another core.
 */
export function xhrTransport(hasher: Pick<Hasher, 'hash'> = new Hasher()): PartTransport<Blob> {
  return {
    computesCrc: true,
    async put(request) {
      request.signal.throwIfAborted()
      const exchange = follow(request.signal)
      let sourceIsSame = false
      const sending = send({ ...request, signal: exchange.signal }, async () => {
        // Looked at while the store still has its answer to make: afterwards, the lane would wait for it.
        await hashing
        await request.body.slice(0, 1).arrayBuffer()
        sourceIsSame = true
      })
      const hashing = hasher.hash(request.body, request, exchange.signal)
      try {
        const answer = await Promise.race([sending, hashing.then(() => sending)])
        return isOk(answer) ? { ...answer, ...(await hashing), sourceIsSame } : answer
      } finally {
        exchange.release()
        exchange.abort(request.signal.reason)
        await Promise.allSettled([sending, hashing])
      }
    },
  }
}

function send(
  { url, headers, body, crc, signal, onProgress }: PutRequest<Blob>,
  onSent: () => Promise<void>,
): Promise<PutResponse> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    xhr.open('PUT', url)
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value)
    const onAbort = () => xhr.abort()
    signal.addEventListener('abort', onAbort, { once: true })
    xhr.upload.onprogress = ({ loaded }) => onProgress(loaded)
    xhr.upload.onload = () => void onSent().catch(() => {})
    xhr.onload = () => resolve(readResponse(xhr, crc))
    xhr.onerror = () =>
      reject(
        new NetworkError(
          'Expected an answer from the store, got none: offline, cut off, or not allowed (CORS).',
          { address: url },
        ),
      )
    xhr.onabort = () => reject(signal.reason)
    xhr.onloadend = () => signal.removeEventListener('abort', onAbort)
    xhr.send(body)
  })
}

function readResponse(xhr: XMLHttpRequest, crc: PutRequest<Blob>['crc']): PutResponse {
  // Asked for by name, a header that CORS hides would be an error on the console.
  const headers = xhr.getAllResponseHeaders()
  const header = (name: string) => new RegExp(`^${name}: *(.*?)\\s*$`, 'im').exec(headers)?.[1]
  const retryAfter = Number(header('retry-after') ?? Number.NaN)
  return {
    status: xhr.status,
    etag: header('etag')?.replaceAll('"', ''),
    checksum: crc && header(`x-amz-checksum-${crc}`),
    date: header('date'),
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
    body: isOk(xhr) ? '' : xhr.responseText,
  }
}

function isOk({ status }: { readonly status: number }): boolean {
  return status >= 200 && status < 300
}
