import type { Command } from '../command.ts'
import { PLACE_FLAGS } from '../place.ts'

export const doctor: Command = {
  name: 'doctor',
  group: 'setup',
  summary:
    'Tries an API or a bucket with one byte, and says what to mend: credentials, clock, permissions, CORS, lifecycle, checksums.',
  operands: '[s3://BUCKET/PREFIX]',
  description: [
    'Straight to S3, each permission is tried by using it, below the prefix. Nothing stays; with --deep an object of one byte is made, read and deleted, too, and where s3:DeleteObject is missing it says which stays.',
    'With --json a line for each: type `check`, name, outcome (`ok`, `warning`, `failed`, `not checked`), detail and, where there is one, fix; at the end type `checked` and how many failed. The exit code is 1 where one did.',
  ],
  examples: [
    {
      summary: 'an API and the page on it',
      arguments: 'doctor --api https://api.example.com --origin https://www.example.com',
    },
    { summary: 'a bucket, wholly', arguments: 'doctor s3://bucket/films/ --deep' },
  ],
  flags: {
    ...PLACE_FLAGS,
    origin: { value: 'URL', summary: 'Of the page that is to upload, such as https://www.example.com' },
    deep: { summary: 'Make an object, read it, try to replace it, and delete it', only: 's3' },
    'content-type': {
      value: 'TYPE',
      summary: 'One that the endpoint takes, where it does not take all',
      only: 'api',
    },
  },
  load: () => import('../run/doctor.ts'),
}
