import type { Command } from '../command.ts'
import { UPLOAD_ID_FLAG } from '../named-upload.ts'
import { PLACE_FLAGS } from '../place.ts'

export const abort: Command = {
  name: 'abort',
  group: 'unfinished',
  summary: 'Throws away what the store holds of unfinished uploads. Finished files are never touched.',
  operands: 'UPLOAD…',
  description: [
    'UPLOAD is a key or s3://BUCKET/KEY; with an API also the name of the file or the upload id, as partway list shows them. To abort what is gone already is no error.',
    'With --json a line for each: type `aborted`, key, uploadId and bytes, those that were freed.',
  ],
  flags: { ...PLACE_FLAGS, ...UPLOAD_ID_FLAG },
  load: () => import('../run/abort.ts'),
}
