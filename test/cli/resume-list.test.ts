import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { Terminal } from '../../cli/command.ts'
import { createOutput } from '../../cli/output.ts'
import type { PastRun } from '../../cli/past-runs.ts'
import { listRuns } from '../../cli/run/resume-list.ts'
import { invocation } from './invocation.ts'

test('on a terminal, a run has a line of how far it is and one of its command, whatever its files are called', () => {
  const written: string[] = []
  const stdout = Object.assign(new PassThrough(), {
    isTTY: true,
    write: (text: string) => written.push(text),
  })
  const terminal = { ...invocation(['resume']).terminal, stdout } as Terminal
  const run = {
    ...{ command: 'upload', operands: ['s3://films/'], words: ['upload', 'a\x1b[2J', 's3://films/'] },
    ...{ cwd: process.cwd(), begun: new Date(), touched: new Date(), running: false },
    ...{ files: 2, filesDone: 1, bytes: 2048, bytesDone: 1024 },
  } as unknown as PastRun

  listRuns([run], { ...invocation(['resume']), terminal, output: createOutput(terminal, {}) })

  expect(written).toEqual([
    '1  1 of 2 files, 1.00 KiB of 2.00 KiB, 0 min ago\n',
    "   partway upload 'a\\u001b[2J' s3://films/\n",
  ])
})
