import type { Command } from '../command.ts'
import { UPLOAD_ID_FLAG } from '../named-upload.ts'
import { PLACE_FLAGS } from '../place.ts'

export const listParts: Command = {
  name: 'list-parts',
  group: 'plumbing',
  summary: 'Tells what the store holds of an upload (ListParts, all pages).',
  operands: 'UPLOAD --upload-id ID',
  description: [
    'Prints key, uploadId, checksumAlgorithm, abortDate and parts: `[{partNumber, size, etag, checksum}]`, by their numbers; with an API also size, partSize and partCount.',
  ],
  flags: { ...PLACE_FLAGS, ...UPLOAD_ID_FLAG },
  load: () => import('../run/list-parts.ts'),
}
