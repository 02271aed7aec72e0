import type { PartTransport } from '../../client/ports.ts'

/** Names a try to put a part in a header, so that what the client says of it and what the proxy saw are known to be of one. */
export const TRY_HEADER = 'x-try'

/** Why the client itself ended a try to put a part: the name of the error, and after how many milliseconds. */
export type Cuts = ReadonlyMap<string, { readonly error: string; readonly after: number }>

/** @param client names the process, or the page */
export function taggedTransport<Slice>(
  transport: PartTransport<Slice>,
  client: string,
): { transport: PartTransport<Slice>; cuts: Cuts } {
  const cuts = new Map<string, { error: string; after: number }>()
  let tries = 0
  const put: PartTransport<Slice>['put'] = async (request) => {
    const name = `${client}-${++tries}`
    const { signal } = request
    const began = performance.now()
    const onAbort = () => {
      const { name: error } = signal.reason as Error
      cuts.set(name, { error, after: performance.now() - began })
    }
    signal.addEventListener('abort', onAbort)
    try {
      return await transport.put({ ...request, headers: { ...request.headers, [TRY_HEADER]: name } })
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
  return { transport: { ...transport, put }, cuts }
}
