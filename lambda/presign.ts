import { ProblemError } from '../protocol/problems.ts'
import { routes } from '../protocol/routes.ts'
import { ownKey } from './caller.ts'
import { checksumHeader } from './checksum.ts'
import { endpoint } from './endpoint.ts'
import { numbersOf, signUrls, signWindow } from './signed-window.ts'

/** Signs parts. Makes no call to S3: the plan stands in the key, and an unknown upload shows at the PUT. */
export const handler = endpoint(routes.presign, async (request, caller) => {
  const { key, uploadId, parts, checksums, checksumAlgorithm: algorithm = 'CRC64NVME', format } = request
  const { plan } = ownKey(key, caller)
  const upload = { key, uploadId, plan }
  if (!Array.isArray(parts) && !checksums && format !== 'urls') return { signed: signWindow(upload, parts) }

  const numbers = Array.isArray(parts) ? parts : numbersOf(parts)
  requireAsked(checksums, numbers)
  return {
    signed: signUrls(upload, numbers, (partNumber) => {
      const value = checksums?.[partNumber]
      return value === undefined ? {} : checksumHeader({ algorithm, value })
    }),
  }
})

function requireAsked(checksums: Record<string, string> = {}, numbers: number[]): void {
  const asked = new Set(numbers.map(String))
  const stray = Object.keys(checksums).find((partNumber) => !asked.has(partNumber))
  if (stray !== undefined) {
    throw new ProblemError(
      'invalid-request',
      `Expected checksums of the parts asked for; got one of part ${stray}.`,
    )
  }
}
