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
  requireLength(checksums, algorithm)
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

/** The 8 bytes of a CRC64NVME are 12 characters in base64, the 4 of the others 8. */
function requireLength(checksums: Record<string, string> = {}, algorithm: string): void {
  const length = algorithm === 'CRC64NVME' ? 12 : 8
  const wrong = Object.entries(checksums).find(([, value]) => value.length !== length)
  if (wrong) {
    throw new ProblemError(
      'invalid-request',
      `Expected a ${algorithm} of ${length} characters for part ${wrong[0]}, got ${wrong[1].length}. Say which checksumAlgorithm the upload has.`,
    )
  }
}
