import { expect, test } from 'vitest'
import { GIB, MIB } from '../../protocol/limits.ts'
import { useLocalAws } from '../api/local-aws.ts'
import { openCommand } from './command.ts'
import { inMebibytes } from './memory.ts'
import { sparseFile } from './sparse-file.ts'

const SIZE = 20 * GIB
const MOST = 256 * MIB

const aws = useLocalAws({ dropPartBytes: true })

test('the command sends 20 GiB in less than 256 MiB of memory', async () => {
  const path = await sparseFile(SIZE)
  const partway = await openCommand()
  const run = partway(['upload', path, '--api', aws.apiUrl])
  expect(await run.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('verified by checksum') })
  const peak = await run.peakMemory()
  console.log(`20 GiB from a process of at most ${inMebibytes(peak)}`)
  expect(peak).toBeLessThan(MOST)
})
