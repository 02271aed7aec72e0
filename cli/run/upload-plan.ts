import type { S3UploadOptions } from '../../client/node/index.ts'
import { MAX_SINGLE_PUT_BYTES } from '../../protocol/limits.ts'
import { planParts } from '../../protocol/part-plan.ts'
import { ProblemError } from '../../protocol/problems.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { explain } from '../explain.ts'
import { LeftOutError, type OddOne } from '../files.ts'
import { formatBytes } from '../format.ts'
import { type Place, placeText } from '../place.ts'
import type { UploadTask } from '../uploads.ts'

interface Planning {
  readonly place: Place
  readonly options: S3UploadOptions
  readonly found: AsyncIterable<UploadTask | OddOne>
}

/** Says what would be sent, as it is found. @returns the exit code that this much tells */
export async function planUploads(
  { output, signal }: Invocation,
  { place, options, found }: Planning,
): Promise<number> {
  let files = 0
  let total = 0
  let failed = false
  for await (const task of found) {
    if (signal.aborted) return EXIT.interrupted
    if (task.kind === 'odd') {
      failed ||= !(task.error instanceof LeftOutError)
      output.error(`${task.path}: ${explain(task.error)}`)
      continue
    }
    const { path, name, key, bytes: size } = task
    try {
      const { partSize, partCount } = planParts(size, options.partSize)
      const isSingle = size <= Math.min(partSize, MAX_SINGLE_PUT_BYTES)
      const parts = isSingle ? 'in one piece' : `in ${partCount} parts of ${formatBytes(partSize)}`
      const to = key === undefined ? `${name} at ${placeName(place)}` : placeText(place, key)
      output.result(`${path} → ${to}, ${formatBytes(size)} ${parts}`)
      output.event('planned', { direction: 'upload', name: path, key, size, partSize, partCount })
      files++
      total += size
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error
      failed = true
      output.error(`${path}: ${error.message}`)
    }
  }
  output.note(
    `Nothing was sent. It would be ${files === 1 ? '1 file' : `${files} files`}, ${formatBytes(total)}.`,
  )
  return failed ? EXIT.failed : EXIT.done
}

function placeName(place: Place): string {
  return place.kind === 'api' ? place.url : place.bucket
}
