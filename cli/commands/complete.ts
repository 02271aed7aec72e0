import type { Command } from '../command.ts'
import { UPLOAD_ID_FLAG } from '../named-upload.ts'
import { PLACE_FLAGS } from '../place.ts'

export const complete: Command = {
  name: 'complete',
  group: 'plumbing',
  summary: 'Makes an object of the parts (CompleteMultipartUpload), all that the store lists.',
  operands: 'UPLOAD --upload-id ID',
  description: [
    'Prints key, size, etag, checksum, versionId and location. Looks first whether a part is missing. With --parts, only the parts in that file count, all of them, with the ETags that stand there: JSON objects, one after another, as upload-part prints them.',
  ],
  examples: [
    { summary: 'what is there', arguments: 'complete s3://bucket/film.mov --upload-id "$id"' },
    {
      summary: 'what was sent',
      arguments: 'complete s3://bucket/film.mov --upload-id "$id" --parts sent.json',
    },
  ],
  flags: {
    ...PLACE_FLAGS,
    ...UPLOAD_ID_FLAG,
    parts: { value: 'FILE', summary: 'What upload-part printed of each part; - for standard input' },
    'if-none-match': {
      summary: 'Replace nothing: an object that stands at the key is an error',
      only: 's3',
    },
    checksum: {
      value: 'NAME:VALUE',
      summary: 'Of the whole, in base64, such as CRC32:yD+8fg==: the store compares',
    },
  },
  load: () => import('../run/complete.ts'),
}
