import type { Command } from '../command.ts'
import { UPLOAD_ID_FLAG } from '../named-upload.ts'
import { PLACE_FLAGS } from '../place.ts'

export const uploadPart: Command = {
  name: 'upload-part',
  group: 'plumbing',
  summary: 'Sends one part of a file (UploadPart), and compares what the store got.',
  operands: 'UPLOAD FILE --upload-id ID --part N',
  description: [
    'Reads that part’s range of FILE itself. Prints `{partNumber, size, etag, checksum}`; checksum is `{algorithm, value}` of what was read, in base64; absent with --checksum NONE, where the MD5 is compared instead. With --piece, FILE is the part alone, as `split` cuts it.',
  ],
  examples: [
    {
      summary: 'the third part',
      arguments: 'upload-part s3://bucket/film.mov film.mov --upload-id "$id" --part 3',
    },
    {
      summary: 'what split has cut',
      arguments: 'upload-part s3://bucket/film.mov xac --piece --upload-id "$id" --part 3',
    },
  ],
  flags: {
    ...PLACE_FLAGS,
    ...UPLOAD_ID_FLAG,
    part: { value: 'N', summary: 'Its number, from 1 to 10000' },
    piece: { summary: 'FILE is the part, not the whole' },
    'part-size': {
      value: 'SIZE',
      summary: 'As initiate had it (8MiB, or what 10,000 parts need)',
      only: 's3',
    },
    checksum: { value: 'NAME', summary: 'What the upload was begun with: checksumAlgorithm (CRC64NVME)' },
  },
  load: () => import('../run/upload-part.ts'),
}
