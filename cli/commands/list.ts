import type { Command } from '../command.ts'
import { PLACE_FLAGS } from '../place.ts'

export const list: Command = {
  name: 'list',
  group: 'unfinished',
  summary: 'Lists unfinished uploads: what the store holds of each, and until when it can go on.',
  operands: '[s3://BUCKET/PREFIX]',
  description: [
    'On a terminal a table that fits it. Without one a line for each, with tabs between: key, upload id, when it was begun, parts, bytes held, size, and when a lifecycle rule deletes it. Straight to S3 nobody knows the size.',
    'With --json a line for each: type `upload`, key, uploadId, fileName, initiated, parts, bytes, size, partSize and abortDate, which is null where no rule ever deletes it and absent where nobody tells. With --finished: type `object`, key, fileName, size, modified and etag.',
  ],
  examples: [
    { summary: 'yours, by an API', arguments: 'list --api https://api.example.com' },
    { summary: 'those below a prefix', arguments: 'list s3://bucket/films/' },
    { summary: 'what is finished there', arguments: 'list --finished s3://bucket/films/' },
  ],
  flags: {
    ...PLACE_FLAGS,
    finished: { summary: 'Finished files instead: key, size, when they were last changed' },
  },
  load: () => import('../run/list.ts'),
}
