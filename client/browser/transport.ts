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
      const sending = send({ ...request, signal: exchange.signal })
      const hashing = hasher.hash(request.body, request, exchange.signal)
      try {
        const answer = await Promise.race([sending, hashing.then(() => sending)])
        return answer.status >= 200 && answer.status < 300 ? { ...answer, ...(await hashing) } : answer
      } finally {
        exchange.release()
        exchange.abort(request.signal.reason)
        await Promise.allSettled([sending, hashing])
      }
    },
  }
}

function send({ url, headers, body, crc, signal, onProgress }: PutRequest<Blob>): Promise<PutResponse> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    xhr.open('PUT', url)
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value)
    const onAbort = () => xhr.abort()
    signal.addEventListener('abort', onAbort, { once: true })
    xhr.upload.onprogress = ({ loaded }) => onProgress(loaded)
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
  const headers = exposedHeaders(xhr)
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN)
  return {
    status: xhr.status,
    etag: headers.get('etag')?.replaceAll('"', ''),
    checksum: (crc && headers.get(`x-amz-checksum-${crc.toLowerCase()}`)) ?? undefined,
    date: headers.get('date') ?? undefined,
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
    body: xhr.status >= 200 && xhr.status < 300 ? '' : xhr.responseText,
  }
}

/** Asked for by name, a header that CORS hides would be an error on the console. */
function exposedHeaders(xhr: XMLHttpRequest): Headers {
  const lines = xhr.getAllResponseHeaders().trim().split(/\r?\n/).filter(Boolean)
  return new Headers(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    }),
  )
}
