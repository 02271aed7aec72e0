import type { Command } from '../command.ts'
import { FILTER_DESCRIPTION, FILTER_FLAGS, RUN_FLAGS } from '../filter-flags.ts'
import { TRAFFIC_FLAGS } from '../flags.ts'
import { OBJECT_FLAGS } from '../object-flags.ts'
import { PLACE_FLAGS } from '../place.ts'

export const upload: Command = {
  name: 'upload',
  group: 'transfer',
  summary: 'Sends files; goes on where an earlier run of the same command stopped. Prints their keys.',
  operands: 'FILE… [s3://BUCKET/KEY]',
  description: [
    'A FILE is a file, a folder, a pattern such as `**/*.mov`, or - for standard input (to an s3:// key alone). `films` sends films/…, `films/` sends what is in it. To a place that ends in /, names are added; a single file goes to the key that is named.',
    FILTER_DESCRIPTION,
    'Stopped, killed or failed, the same command goes on: what is done and unchanged is not sent again.',
  ],
  examples: [
    { summary: 'Through the API of PARTWAY_API', arguments: 'upload film.mov' },
    { summary: 'To a key of your own', arguments: 'upload film.mov s3://films/2026/film.mov' },
    {
      summary: 'What is in a folder, but for some',
      arguments: "upload films/ s3://films/2026/ --exclude '*.tmp'",
    },
    {
      summary: 'Not more than the link may take',
      arguments: 'upload films s3://archive/ --storage-class GLACIER_IR --bandwidth-limit 5MiB',
    },
    {
      summary: 'What a program writes',
      arguments: 'upload - s3://backups/all.tar --expected-size 200GiB',
    },
  ],
  flags: {
    ...FILTER_FLAGS,
    'expected-size': {
      group: 'files',
      value: 'SIZE',
      summary: 'Of standard input, for the size of its parts (64MiB parts, which do for 625GiB)',
      only: 's3',
    },
    ...OBJECT_FLAGS,
    'if-none-match': {
      group: 'object',
      summary: 'Replace nothing: an object that stands at the key is an error',
      only: 's3',
    },
    ...RUN_FLAGS,
    search: { group: 'going', summary: 'Go on with what another machine has sent of this file' },
    restart: { group: 'going', summary: 'Forget what an earlier run has sent, and begin anew' },
    ...PLACE_FLAGS,
    ...TRAFFIC_FLAGS,
  },
  load: () => import('../run/upload.ts'),
}
