import { assertAllowed } from '../authorize.ts'
import type { Answer, ObjectCall } from '../call.ts'
import { checksumHeader } from '../checksum.ts'
import { isNotModified, isRangeCurrent } from '../conditions.ts'
import { parsePartNumber } from '../document.ts'
import { S3Error } from '../errors.ts'
import { describeChecksum, describeObject, responseOverrides } from '../object-headers.ts'
import { type ByteRange, parseRange, partRange } from '../range.ts'
import type { ObjectRecord } from '../store/records.ts'

export async function getObject(call: ObjectCall): Promise<Answer> {
  const record = findObject(call)
  const answer = describe(call, record)
  if (answer.range === undefined) return answer
  const { start, end } = answer.range
  const reader = call.bucket.data.open(record)
  const body = { length: end - start, chunks: reader.read(start, end), release: () => reader.release() }
  return { ...answer, body }
}

export async function headObject(call: ObjectCall): Promise<Answer> {
  const { range, ...answer } = describe(call, findObject(call))
  const length = range && { 'content-length': String(range.end - range.start) }
  return { ...answer, headers: { ...answer.headers, ...length } }
}

/** A missing object is 404 only for those who could also list it. */
export function findObject({ bucket, bucketName, key, principal }: ObjectCall): ObjectRecord {
  const record = bucket.objects.get(key)
  if (record !== undefined) return record
  assertAllowed(principal, 's3:ListBucket', bucketName)
  throw new S3Error('NoSuchKey', undefined, { Key: key })
}

/** @returns Without a range: the client needs no bytes (304). */
function describe(call: ObjectCall, record: ObjectRecord): Answer & { range: ByteRange | undefined } {
  const { headers, query } = call
  const described = describeObject(record)
  if (isNotModified(headers, record)) {
    return { status: 304, headers: described, range: undefined }
  }
  const part = askedPart(call)
  const asked = part === undefined ? askedRange(call, record) : partRange(record, part)
  const range = asked ?? { start: 0, end: record.size }
  const partial = asked !== undefined && range.end > range.start
  const withChecksum = headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED'
  return {
    status: partial ? 206 : 200,
    headers: {
      ...described,
      ...responseOverrides(query),
      ...(partial && { 'content-range': `bytes ${range.start}-${range.end - 1}/${record.size}` }),
      ...(part !== undefined && record.parts && { 'x-amz-mp-parts-count': String(record.parts.length) }),
      ...(withChecksum && checksumOf(record, part, asked)),
    },
    range,
  }
}

function askedRange({ headers }: ObjectCall, record: ObjectRecord): ByteRange | undefined {
  return isRangeCurrent(headers, record) ? parseRange(headers.get('range'), record.size) : undefined
}

/** Clients compare it with the bytes that they get, so it must be of exactly these. */
function checksumOf(
  record: ObjectRecord,
  part: number | undefined,
  asked: ByteRange | undefined,
): Record<string, string> {
  if (asked === undefined) return describeChecksum(record)
  if (part === undefined) return {}
  if (record.parts === undefined) return describeChecksum(record)
  const hex = record.parts[part - 1]?.checksum
  if (hex === undefined || record.checksum === undefined) return {}
  const { algorithm, type } = record.checksum
  return {
    [checksumHeader(algorithm)]: Buffer.from(hex, 'hex').toString('base64'),
    'x-amz-checksum-type': type,
  }
}

function askedPart({ headers, query }: ObjectCall): number | undefined {
  const text = query.get('partNumber')
  if (text === undefined) return undefined
  if (headers.has('range')) {
    throw new S3Error('InvalidRequest', 'Cannot specify both Range header and partNumber query parameter')
  }
  return parsePartNumber(text)
}
