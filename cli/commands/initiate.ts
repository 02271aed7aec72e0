import type { Command } from '../command.ts'
import { OBJECT_FLAGS } from '../object-flags.ts'
import { PLACE_FLAGS } from '../place.ts'

const { integrity: _, ...BEGUN_WITH } = OBJECT_FLAGS

export const initiate: Command = {
  name: 'initiate',
  group: 'plumbing',
  summary: 'Begins an upload (CreateMultipartUpload) and sends nothing.',
  operands: '[FILE] [s3://BUCKET/KEY]',
  description: [
    'Prints kind, key, uploadId, size, partSize, partCount, checksumAlgorithm and, where a lifecycle rule holds, abortDate. An API answers for a small file with kind `single`: one PUT, with its url and headers, and nothing to complete. Straight to S3 it is always `multipart`, and without a size there is no plan: the parts are then as the caller cuts them.',
  ],
  examples: [
    { summary: 'for a file, planned', arguments: 'initiate film.mov s3://bucket/film.mov' },
    { summary: 'for what is not written yet', arguments: 'initiate s3://bucket/dump.sql' },
  ],
  flags: {
    ...PLACE_FLAGS,
    ...BEGUN_WITH,
    size: { value: 'SIZE', summary: 'In place of a FILE, such as 200GiB or 1048577' },
    name: { value: 'NAME', summary: 'What the file is called (its own name)' },
    checksum: {
      value: 'NAME',
      summary: 'CRC64NVME, CRC32, CRC32C or NONE: what the store is to keep (CRC64NVME)',
    },
  },
  load: () => import('../run/initiate.ts'),
}
