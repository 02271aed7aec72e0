import type { PartTransport, PutRequest, PutResponse } from './ports.ts'
import { callStore, type StoreCall, type StoreCallPorts, storeError } from './store-call.ts'
import { watch } from './watchdog.ts'

/** One body on its way to the store, until that has acknowledged it. */
export interface Put<Slice, Signed extends SignedPut>
  extends Required<Omit<StoreCall<never>, 'attempt' | 'refused'>>,
    Pick<PutRequest<Slice>, 'body' | 'crc' | 'md5'> {
  readonly pace?: PutRequest<Slice>['pace'] | undefined
  /** In bytes. */
  readonly size: number
  /** The URL for the next try. */
  sign(signal: AbortSignal): Promise<Signed>
  /** Absent where a URL cannot be signed again. */
  refused?(signed: Signed): void
  /** @throws {IntegrityError} where the store has other bytes than were read */
  compare?(answer: PutResponse): void
  /** Bytes of the current try; back to 0 when it has failed. */
  onProgress(bytes: number): void
}

export interface SignedPut {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

type PutPorts<Slice> = StoreCallPorts & { readonly transport: PartTransport<Slice> }

/**
 * Sends until the store answers 2xx; see {@link callStore}. A connection that moves no bytes is cut, and the part sent again.
 * @throws {StoreError} what the store says no to, for good
 * @throws {NetworkError} once patience is at its end
 * @throws {IntegrityError} where the store has other bytes time and again
 */
export function putUntilStored<Slice, Signed extends SignedPut>(
  put: Put<Slice, Signed>,
  ports: PutPorts<Slice>,
  signal: AbortSignal,
): Promise<PutResponse> {
  let signed: Signed
  return callStore(
    {
      async attempt(signal, began) {
        signed = await put.sign(signal)
        began()
        try {
          const answer = await putOnce(put, signed, ports, signal)
          put.compare?.(answer)
          return answer
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
  { body, size, crc, md5, pace, onProgress }: Put<Slice, Signed>,
  { url, headers }: Signed,
  ports: PutPorts<Slice>,
  signal: AbortSignal,
): Promise<PutResponse> {
  const { transport, timing } = ports
  const hashes = transport.computesCrc ? { crc, md5 } : {}
  const send = (signal: AbortSignal, moved: (milliseconds: number) => void) => {
    // Who is made to wait does not stall.
    const patiently = async (bytes: number, signal: AbortSignal) => {
      moved(timing.patienceMs)
      await pace?.(bytes, signal)
      moved(timing.stallMs)
    }
    return transport.put({
      ...{ url, headers, body, signal },
      ...hashes,
      ...(pace && { pace: patiently }),
      onProgress(bytes) {
        moved(bytes < size ? timing.stallMs : timing.answerMs)
        onProgress(bytes)
      },
    })
  }
  const response = await watch(send, ports, signal)
  if (response.status < 200 || response.status >= 300) throw storeError(response, `take ${size} bytes`)
  return response
}
