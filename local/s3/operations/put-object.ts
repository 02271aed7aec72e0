import { MAX_PART_BYTES } from '../../../protocol/limits.ts'
import type { Answer, ObjectCall } from '../call.ts'
import type { Checksum } from '../checksum.ts'
import { assertReplaceable } from '../conditions.ts'
import { quoted } from '../document.ts'
import { S3Error } from '../errors.ts'
import { Integrity } from '../integrity.ts'
import { encryptionOf, etagOf } from '../keeping.ts'
import { assertSupported, describeChecksum, objectHeaders } from '../object-headers.ts'
import { tagsOf } from '../tags.ts'

export async function putObject(call: ObjectCall): Promise<Answer> {
  const { bucket, endpoint, headers, key } = call
  assertSupported(headers)
  const described = objectHeaders(headers)
  const tags = tagsOf(call)
  const integrity = new Integrity(headers)
  const body = call.body()
  assertPartSize(body.size)
  // Once before the body arrives, to spare it, and once more when the object takes its place.
  assertReplaceable(headers, bucket.objects.get(key))
  const { data, size } = await bucket.data.write(observed(body.bytes, integrity))
  try {
    const { md5, checksum } = integrity.finish(body.trailers)
    const record = {
      key,
      size,
      etag: etagOf(md5, { headers: described }),
      lastModified: endpoint.now().getTime(),
      headers: described,
      checksum: checksum && ({ ...checksum, type: 'FULL_OBJECT' } satisfies Checksum),
      tags,
      data,
    }
    await bucket.objects.put(record, (current) => assertReplaceable(headers, current))
    return {
      status: 200,
      headers: { etag: quoted(record.etag), ...describeChecksum(record), ...encryptionOf(record) },
    }
  } catch (error) {
    if (bucket.objects.get(key)?.data !== data) bucket.data.discard(data)
    throw error
  }
}

/** A single PUT and a part take the same amount. @throws S3Error `EntityTooLarge` */
export function assertPartSize(size: number): void {
  if (size <= MAX_PART_BYTES) return
  const details = { ProposedSize: size, MaxSizeAllowed: MAX_PART_BYTES }
  throw new S3Error('EntityTooLarge', undefined, details)
}

/** The same bytes, digested as they pass. */
export async function* observed(bytes: AsyncIterable<Buffer>, integrity: Integrity): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    integrity.update(chunk)
    yield chunk
  }
}
