import { systemClock } from '../client/clock.ts'
import type { ListedUpload } from '../client/control-plane.ts'
import { createConnections } from '../client/node/http.ts'
import { ApiError, type NodeClient } from '../client/node/index.ts'
import { nodeWakes } from '../client/node/wakes.ts'
import { TIMING } from '../client/timing.ts'
import { MAX_UPLOADS_PAGE, MAX_URLS_PER_ANSWER } from '../protocol/limits.ts'
import { parseKey } from '../protocol/object-key.ts'
import type { Operations, Presigned } from './operations.ts'

/** Through a Partway API: one call each, except where it answers in pages. */
export function apiOperations({ api, close }: NodeClient): Operations {
  const connections = createConnections()
  return {
    connections,
    keeping: { clock: systemClock, timing: TIMING, wakes: nodeWakes, random: Math.random },
    async initiate({ size, key: _key, headers: _headers, ...request }, signal) {
      if (size === undefined) throw new TypeError('Expected a size, which an API plans by.')
      const answer = await api.initiate({ ...request, size }, signal)
      if (answer.kind === 'single') return answer
      const { signed: _signed, ...upload } = answer
      return upload
    },
    planOf: ({ key }) => parseKey(key)?.plan,
    async presign(upload, parts, signal) {
      const answers: Presigned[] = []
      for (let start = 0; start < parts.length; start += MAX_URLS_PER_ANSWER) {
        const numbers = parts.slice(start, start + MAX_URLS_PER_ANSWER).map(({ partNumber }) => partNumber)
        const signed = await api.presign(upload, numbers, signal)
        if ('parts' in signed) answers.push(signed)
      }
      const [first] = answers
      if (!first) throw new TypeError('Expected part numbers to sign, got none.')
      const { expiresAt, expiresIn } = first
      return { parts: answers.flatMap(({ parts }) => parts), expiresAt, expiresIn }
    },
    listParts: (upload, signal) => unlessGone(api.listParts(upload, signal)),
    complete: (upload, { checksum, parts }, signal) =>
      api.complete(upload, { ...(checksum && { checksum }), ...(parts && { parts }) }, signal),
    abort: (upload, signal) => api.abort(upload, signal),
    async *uploads(prefix, signal) {
      let cursor: string | undefined
      do {
        const page = await api.listUploads({ limit: MAX_UPLOADS_PAGE, details: true, cursor }, signal)
        yield* page.uploads.filter(({ key }) => key.startsWith(prefix))
        cursor = page.next
      } while (cursor !== undefined)
    },
    async held(upload) {
      const { parts = 0, bytes = 0, abortDate = null } = upload as ListedUpload
      return { parts, bytes, abortDate }
    },
    async *objects(prefix, signal) {
      let cursor: string | undefined
      do {
        const page = await api.listObjects({ prefix, cursor }, signal)
        yield* page.objects
        cursor = page.next
      } while (cursor !== undefined)
    },
    now: () => new Date(),
    close() {
      connections.close()
      close()
    },
  }
}

async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ApiError && error.type === 'upload-unknown') return undefined
    throw error
  }
}
