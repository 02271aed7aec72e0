import { MIB } from '../../../protocol/limits.ts'
import { uuidV7 } from '../../../protocol/object-key.ts'
import { type PartPlan, plan } from '../../../protocol/part-plan.ts'
import { ProblemError } from '../../../protocol/problems.ts'

/**
 * The key is the person's own and carries no plan. So the id by which the engine knows an upload, and remembers it, is S3's with a
 * mark before it: a UUID of the upload's own and the plan, `{uuid v7}-{size}-{part size in MiB}`, both numbers in base 36. The same mark
 * stands in the object's user metadata: an older object at the key has another, or none, and never passes for this one.
 */
export interface UploadMark {
  readonly text: string
  readonly plan: PartPlan
}

/** The user metadata that holds the mark. */
export const MARK_METADATA = 'partway-upload'

const MARK = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-([0-9a-z]{1,11})-([0-9a-z]{1,3})$/
const SEPARATOR = ':'

/** @param random 10 bytes */
export function createMark(plan: PartPlan, time: Date, random: Uint8Array): UploadMark {
  return { text: textOf(uuidV7(time, random), plan), plan }
}

const UNKNOWN_UUID = '00000000-0000-0000-0000-000000000000'

/** Of an upload that was found, whose own mark nobody remembers. */
export function unknownMark(plan: PartPlan): UploadMark {
  return { text: textOf(UNKNOWN_UUID, plan), plan }
}

export function isUnknown({ text }: UploadMark): boolean {
  return text.startsWith(UNKNOWN_UUID)
}

/** Of a stream in parts, whose size nobody knows when it is begun: 0 stands for it, which no upload in parts has. */
export function openMark(partSize: number, time: Date, random: Uint8Array): UploadMark {
  return createMark(plan(0, partSize), time, random)
}

/** As it stands in the object, with the plan of a stream as far as it is read. */
export function withSize({ text, plan: open }: UploadMark, size: number): UploadMark {
  return { text, plan: open.size === 0 ? plan(size, open.partSize) : open }
}

/** @returns `undefined` for what {@link createMark} did not make */
export function parseMark(text: string | undefined): UploadMark | undefined {
  const [, size, partSize] = MARK.exec(text ?? '') ?? []
  if (text === undefined || !size || !partSize) return undefined
  return { text, plan: plan(Number.parseInt(size, 36), Number.parseInt(partSize, 36) * MIB) }
}

export function joinUploadId(mark: UploadMark, s3UploadId: string): string {
  return mark.text + SEPARATOR + s3UploadId
}

/**
 * @param streamSize as far as a stream is read, whose mark does not tell it
 * @throws {ProblemError} `invalid-request` for an id without a mark
 */
export function splitUploadId(
  uploadId: string,
  streamSize?: number,
): { mark: UploadMark; s3UploadId: string } {
  const at = uploadId.indexOf(SEPARATOR)
  const mark = parseMark(uploadId.slice(0, Math.max(0, at)))
  if (mark) {
    return {
      mark: streamSize === undefined ? mark : withSize(mark, streamSize),
      s3UploadId: uploadId.slice(at + 1),
    }
  }
  throw new ProblemError(
    'invalid-request',
    'Expected the id of an upload that was begun here, which holds its plan; got another. Begin anew.',
  )
}

/** S3's own id, of one that has a mark and of one that has none. */
export function s3UploadIdOf(uploadId: string): string {
  return parseMark(uploadId.slice(0, uploadId.indexOf(SEPARATOR)))
    ? uploadId.slice(uploadId.indexOf(SEPARATOR) + 1)
    : uploadId
}

function textOf(uuid: string, plan: PartPlan): string {
  return [uuid, ...[plan.size, plan.partSize / MIB].map((number) => number.toString(36))].join('-')
}
