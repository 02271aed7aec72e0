import type { Command } from '../command.ts'
import { PLACE_FLAGS } from '../place.ts'

export const clean: Command = {
  name: 'clean',
  group: 'unfinished',
  summary: 'Shows which unfinished uploads are old and what they hold; with --yes, aborts them.',
  operands: '[s3://BUCKET/PREFIX]',
  description: [
    'With an API, only uploads of your own. Straight to S3, all below the prefix, whoever began them.',
    'With --json a line for each: type `would-abort` or, with --yes, `aborted`, with the fields of partway list; at the end type `cleaned`, dryRun, uploads and bytes.',
  ],
  examples: [
    { summary: 'what would go', arguments: 'clean --older-than 7d s3://bucket/' },
    { summary: 'do it', arguments: 'clean --older-than 7d s3://bucket/ --yes' },
  ],
  flags: {
    ...PLACE_FLAGS,
    'older-than': { value: 'AGE', summary: 'Begun before, such as 12h, 7d or 2w (7d)' },
    yes: { summary: 'Abort them; else nothing is changed', short: 'y' },
  },
  load: () => import('../run/clean.ts'),
}
