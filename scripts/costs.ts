import {
  FIRST_WINDOW_PARTS,
  GIB,
  MAX_LIST_PAGE,
  MAX_SINGLE_PUT_BYTES,
  MAX_URLS_PER_ANSWER,
  MIB,
} from '../protocol/limits.ts'
import { planParts } from '../protocol/part-plan.ts'

/**
 * What a thousand uploads cost, as the table in docs/operations.md: `node scripts/costs.ts`; a test fails where the page has
 * another. Storage and downloads are not in it: they cost what S3 asks for them, however the bytes came.
 */

/** US dollars, us-east-1: aws.amazon.com/s3/pricing, /api-gateway/pricing, /lambda/pricing. */
const PRICE = {
  s3Request: 0.005 / 1000,
  /** Of an HTTP API, for each 512 KB of a request with its answer. */
  apiCall: 1 / 1e6,
  functionCall: 0.2 / 1e6,
  /** On arm64. */
  gigabyteSecond: 0.0000133334,
}
/** What lib/upload-function.ts gives each. */
const FUNCTION_GIB = 0.5
/** Warm calls take less, cold ones more; complete waits for S3, seconds where there are thousands of parts. */
const SECONDS_A_CALL = 0.1

const TIB = 1024 * GIB

/** Sizes of files, and of parts where they are asked for. */
const uploads: readonly (readonly [size: number, partSize?: number])[] = [
  [MIB],
  [100 * MIB],
  [GIB],
  [5 * GIB],
  [5 * GIB, 64 * MIB],
  [100 * GIB],
  [100 * GIB, 64 * MIB],
  [TIB],
]

export function costsTable(): string {
  const head = ['file', 'parts', 'S3 requests', 'API calls', 'S3', 'API and functions', '1,000 uploads']
  const rows = uploads.map(([size, partSize]) => {
    const plan = planParts(size, partSize)
    const { s3Requests, apiCalls } = requestsOf(plan)
    const s3 = 1000 * s3Requests * PRICE.s3Request
    const api = 1000 * apiCalls * PRICE_OF_A_CALL
    return [
      bytes(size),
      plan.partCount === 1 ? '1 PUT' : `${count(plan.partCount)} × ${bytes(plan.partSize)}`,
      count(s3Requests),
      count(apiCalls),
      dollars(s3),
      dollars(api),
      `**${dollars(s3 + api)}**`,
    ]
  })
  return [head, ['---', '---', ...head.slice(2).map(() => '---:')], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

const PRICE_OF_A_CALL =
  PRICE.apiCall + PRICE.functionCall + FUNCTION_GIB * SECONDS_A_CALL * PRICE.gigabyteSecond

/** An upload that nothing interrupts, with no checksums of its own. */
function requestsOf({ size, partSize, partCount }: { size: number; partSize: number; partCount: number }) {
  // One PUT, by the URL that initiate signs.
  if (size <= Math.min(partSize, MAX_SINGLE_PUT_BYTES)) return { s3Requests: 1, apiCalls: 1 }
  const furtherWindows = Math.ceil(Math.max(0, partCount - FIRST_WINDOW_PARTS) / MAX_URLS_PER_ANSWER)
  const listPages = Math.ceil(partCount / MAX_LIST_PAGE)
  return {
    // CreateMultipartUpload, each UploadPart, each page of ListParts, CompleteMultipartUpload.
    s3Requests: 1 + partCount + listPages + 1,
    // initiate, each further presign, complete.
    apiCalls: 1 + furtherWindows + 1,
  }
}

function bytes(size: number): string {
  if (size >= TIB) return `${size / TIB} TiB`
  return size >= GIB ? `${size / GIB} GiB` : `${size / MIB} MiB`
}

const count = (number: number) => number.toLocaleString('en-US')

/** Two significant digits below a dollar, cents above. */
function dollars(amount: number): string {
  return `$${amount >= 1 ? amount.toFixed(2) : Number(amount.toPrecision(2))}`
}

if (import.meta.main) console.log(costsTable())
