import type { Command } from '../command.ts'
import { FILTER_DESCRIPTION, FILTER_FLAGS, RUN_FLAGS } from '../filter-flags.ts'
import { TRAFFIC_FLAGS } from '../flags.ts'
import { PLACE_FLAGS } from '../place.ts'

export const download: Command = {
  name: 'download',
  group: 'transfer',
  summary: 'Brings files back by their keys; goes on where an earlier run stopped. Prints their paths.',
  operands: 'KEY… | s3://BUCKET/KEY… [PATH]',
  description: [
    'A KEY that ends in / is a prefix: all objects below it are brought, into folders as they are named. A bucket alone is one, too.',
    FILTER_DESCRIPTION,
    'Stopped, killed or failed, the same command goes on: what is there is not brought again. A file that was there before is never replaced without --force; one with the same bytes counts as done. Symbolic links that are in the output folder already are followed.',
  ],
  examples: [
    { summary: 'From the API of PARTWAY_API', arguments: 'download uploads/public/…/film.mov' },
    { summary: 'One object, under another name', arguments: 'download s3://films/2026/film.mov back.mov' },
    {
      summary: 'All that is below a prefix',
      arguments: "download s3://films/2026/ films --include '*.mov'",
    },
    { summary: 'Into a program', arguments: 'download s3://backups/all.tar - | tar x' },
    {
      summary: 'Its first MiB, to look at',
      arguments: 'download s3://films/2026/film.mov head.mov --range 0-1048575',
    },
  ],
  flags: {
    output: {
      group: 'files',
      value: 'PATH',
      short: 'o',
      summary: "A file or a folder, - for standard output (the file's own name, here)",
    },
    ...FILTER_FLAGS,
    range: {
      group: 'files',
      value: 'FIRST-LAST',
      summary: 'Of one object, these bytes alone: 0-1023, 1024- or -1024',
    },
    force: { group: 'files', short: 'f', summary: 'Replace files that are there' },
    ...RUN_FLAGS,
    restart: {
      group: 'going',
      summary: 'Forget what an earlier run has brought: its files are in the way then',
    },
    ...PLACE_FLAGS,
    ...TRAFFIC_FLAGS,
  },
  load: () => import('../run/download.ts'),
}
