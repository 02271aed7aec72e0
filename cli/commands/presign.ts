import type { Command } from '../command.ts'
import { UPLOAD_ID_FLAG } from '../named-upload.ts'
import { PLACE_FLAGS } from '../place.ts'

export const presign: Command = {
  name: 'presign',
  group: 'plumbing',
  summary: 'Signs URLs that take parts, for curl or another machine. Asks S3 for nothing.',
  operands: 'UPLOAD --upload-id ID --parts 1-10',
  description: [
    'Prints `{parts: [{partNumber, size, url, headers}], expiresAt, expiresIn}`. Send each part as the body of a PUT to its url, with its headers. A URL takes a body of exactly its size. Straight to S3 the sizes are known by --size, and by --part-size where that was given to initiate; without them `size` is absent and a URL takes a body of any size.',
  ],
  examples: [
    { summary: 'ten parts', arguments: 'presign s3://bucket/film.mov --upload-id "$id" --parts 1-10' },
  ],
  flags: {
    ...PLACE_FLAGS,
    ...UPLOAD_ID_FLAG,
    parts: { value: 'NUMBERS', summary: 'Such as 1-10,12' },
    size: { value: 'SIZE', summary: 'Of the whole file, as initiate had it', only: 's3' },
    'part-size': {
      value: 'SIZE',
      summary: 'As initiate had it (8MiB, or what 10,000 parts need)',
      only: 's3',
    },
  },
  load: () => import('../run/presign.ts'),
}
