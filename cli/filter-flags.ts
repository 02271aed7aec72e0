import type { Flag } from './command.ts'

/** Of commands with these flags. */
export const FILTER_DESCRIPTION =
  'Of --include and --exclude, the last that fits a file decides; where the first is an --include, what none fits is left out. A GLOB fits a file of that name in any folder, and all that is in a folder of that name; `/tmp` fits at the top alone, `tmp/` folders alone.'

/** Of commands that find files themselves. */
export const FILTER_FLAGS = {
  include: {
    group: 'files',
    value: 'GLOB',
    summary: 'These alone; after an --exclude, these all the same',
    repeatable: true,
  },
  exclude: {
    group: 'files',
    value: 'GLOB',
    summary: 'Not these, such as *.tmp or a whole folder; the last GLOB that fits decides',
    repeatable: true,
  },
} as const satisfies Record<string, Flag>

/** Of commands that transfer files. */
export const RUN_FLAGS = {
  'dry-run': { group: 'going', summary: 'Say what would be done, and do nothing' },
  verify: {
    group: 'going',
    summary: 'When it is done, read the file again, and compare it with what the store has',
  },
} as const satisfies Record<string, Flag>
