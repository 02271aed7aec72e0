import type { CrcAlgorithm } from '../checksums/crc.ts'
import type { PartTransport, PutResponse } from './ports.ts'
import { callStore, type StoreCall, type StoreCallPorts, storeError } from './store-call.ts'
import { watch } from './watchdog.ts'

/** One body on its way to the store, until that has acknowledged it. */
export interface Put<Slice, Signed extends SignedPut>
  extends Required<Omit<StoreCall<never>, 'attempt' | 'refused'>> {
  readonly body: Slice
  /** In bytes. */
  readonly size: number
  readonly crc: CrcAlgorithm | undefined
  /** The URL for the next try. */
  sign(signal: AbortSignal): Promise<Signed>
  /** Absent where a URL cannot be signed again. */
  refused?(signed: Signed): void
  /** Bytes of the current try; back to 0 when it has failed. */
  onProgress(bytes: number): void
}

interface SignedPut {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Sends until the store answers 2xx; see {@link callStore}. A connection that moves no bytes is cut, and the part sent again.
 * @throws {StoreError} what the store says no to, for good
 * @throws {NetworkError} once patience is at its end
 */
export function putUntilStored<Slice, Signed extends SignedPut>(
  put: Put<Slice, Signed>,
  ports: StoreCallPorts & { readonly transport: PartTransport<Slice> },
  signal: AbortSignal,
): Promise<PutResponse> {
  let signed: Signed
  return callStore(
    {
      async attempt(signal) {
        signed = await put.sign(signal)
        try {
          return await putOnce(put, signed, ports, signal)
        } catch (error) {
          put.onProgress(0)
          throw error
        }
      },
      ...(put.refused && { refused: () => put.refused?.(signed) }),
      verify: put.verify,
      onRetry: put.onRetry,
      advanced: put.advanced,
    },
    ports,
    signal,
  )
}

async function putOnce<Slice, Signed extends SignedPut>(
  { body, size, crc, onProgress }: Put<Slice, Signed>,
  { url, headers }: Signed,
  ports: StoreCallPorts & { readonly transport: PartTransport<Slice> },
  signal: AbortSignal,
): Promise<PutResponse> {
  const send = (signal: AbortSignal, moved: (milliseconds: number) => void) =>
    ports.transport.put({
      url,
      headers,
      body,
      crc,
      signal,
      onProgress(bytes) {
        moved(bytes < size ? ports.timing.stallMs : ports.timing.answerMs)
        onProgress(bytes)
      },
    })
  const response = await watch(send, ports, signal)
  if (response.status < 200 || response.status >= 300) throw storeError(response, `take ${size} bytes`)
  return response
}
