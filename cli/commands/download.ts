import type { Command } from '../command.ts'
import { TRAFFIC_FLAGS } from '../flags.ts'
import { PLACE_FLAGS } from '../place.ts'

export const download: Command = {
  name: 'download',
  group: 'transfer',
  summary: 'Brings a file back by its key; goes on where an earlier run stopped. Prints the path.',
  operands: 'KEY',
  flags: {
    ...PLACE_FLAGS,
    ...TRAFFIC_FLAGS,
    output: { value: 'PATH', short: 'o', summary: "A file or a folder (the file's own name, here)" },
    force: { short: 'f', summary: 'Replace a file of that name' },
  },
  load: () => import('../run/download.ts'),
}
