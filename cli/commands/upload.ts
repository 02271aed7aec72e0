import type { Command } from '../command.ts'
import { TRAFFIC_FLAGS } from '../flags.ts'
import { PLACE_FLAGS } from '../place.ts'

export const upload: Command = {
  name: 'upload',
  group: 'transfer',
  summary: 'Sends files; goes on where an earlier run of the same command stopped. Prints their keys.',
  operands: 'FILE… [s3://BUCKET/KEY]',
  flags: {
    ...PLACE_FLAGS,
    ...TRAFFIC_FLAGS,
    'part-size': { value: 'SIZE', summary: 'Such as 16MiB (8MiB, or what 10,000 parts need)' },
    'content-type': { value: 'TYPE', summary: 'Such as video/mp4, which downloads will have' },
    integrity: {
      value: 'whole|signed',
      summary: 'What the store compares: the whole, or each part as well, read twice (whole)',
    },
    search: { summary: 'Go on with what another machine has sent of this file' },
    restart: { summary: 'Forget what an earlier run has sent, and begin anew' },
  },
  load: () => import('../run/upload.ts'),
}
