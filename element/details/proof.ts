import type { QueueItem } from '../upload-queue.ts'

/** What was compared, so that nobody has to take "done" on trust. */
export function proofOf({ result }: QueueItem): string {
  if (!result) return ''
  const { verified, downgraded } = result
  if (verified === 'checksum')
    return 'Checksum verified: what is stored has the checksum of the file that was read here.'
  const sentence =
    verified === 'etag'
      ? 'MD5 verified: that of every part was compared with what the storage holds.'
      : 'Size verified, to the byte.'
  return downgraded ? `${sentence} ${downgraded}` : sentence
}
