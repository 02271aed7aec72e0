import type { Activities } from './activity.ts'
import type { ControlPlane } from './control-plane.ts'
import type { PartwayError } from './errors.ts'
import type { Contact } from './retry.ts'
import { callStore, type StoreCallPorts } from './store-call.ts'

/** What a transfer under way asks for. */
export type PersistentPlane = Omit<ControlPlane, 'describe' | 'listObjects'>

/**
 * A control plane for a transfer under way, which outlasts a network that is gone for hours. Complete is left as it is, for the
 * engine settles what an unanswered one means, and so is abort, which a person waits for.
 * @param advanced grows as the transfer does
 */
export function persist(
  plane: ControlPlane,
  ports: StoreCallPorts,
  activities: Activities,
  advanced: () => number,
  onRetry: (delay: number, error: PartwayError) => void,
): PersistentPlane {
  const again = <Answer>(attempt: (signal: AbortSignal) => Promise<Answer>, signal: AbortSignal) =>
    activities.during((activity) => {
      const retry = (delay: number, error: PartwayError) => {
        activity.failed(error)
        onRetry(delay, error)
      }
      return callStore({ attempt, advanced, onRetry: retry }, ports, signal)
    })
  const { find } = plane
  return {
    endpoint: plane.endpoint,
    initiate: (request, signal) => again((signal) => plane.initiate(request, signal), signal),
    presign: (upload, parts, signal, checksums) =>
      again((signal) => plane.presign(upload, parts, signal, checksums), signal),
    listParts: (upload, signal) => again((signal) => plane.listParts(upload, signal), signal),
    listUploads: (page, signal) => again((signal) => plane.listUploads(page, signal), signal),
    download: (request, signal) => again((signal) => plane.download(request, signal), signal),
    ...(find && { find: (upload, signal) => again((signal) => find(upload, signal), signal) }),
    complete: (upload, request, signal) => plane.complete(upload, request, signal),
    abort: (upload, signal) => plane.abort(upload, signal),
    waits: plane.waits,
  }
}

/** Each call has tries of its own: until the API has answered one, those are enough. */
export const apiContact = (): Contact => ({ made: false, retries: 0 })
