import type { Command } from '../command.ts'
import { UPLOAD_ID_FLAG } from '../named-upload.ts'
import { PLACE_FLAGS } from '../place.ts'

export const parts: Command = {
  name: 'parts',
  group: 'unfinished',
  summary: 'Lists the parts that the store holds of an unfinished upload, and sums up which are missing.',
  operands: 'UPLOAD',
  description: [
    'UPLOAD is a key or s3://BUCKET/KEY; with an API also the name of the file or the upload id, as partway list shows them.',
    'With --json a line for each: type `part`, partNumber, size, etag and checksum, `{algorithm, value}`; at the end type `upload` with key, uploadId, parts, bytes, missing (part numbers), size, partSize, partCount, checksumAlgorithm and abortDate.',
  ],
  flags: { ...PLACE_FLAGS, ...UPLOAD_ID_FLAG },
  load: () => import('../run/parts.ts'),
}
