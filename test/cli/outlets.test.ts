import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { useLocalAws } from '../api/local-aws.ts'
import { pseudoRandom } from '../client/servers.ts'
import { openDesk } from './command.ts'

const MIB = 1024 * 1024
const aws = useLocalAws()

async function desk() {
  const { folder, run } = await openDesk()
  await writeFile(join(folder, 'film.mov'), pseudoRandom(20 * MIB))
  return { run, args: ['upload', 'film.mov', '--api', aws.apiUrl] }
}

test('an upload goes on when nobody reads what it says', async () => {
  const { run, args } = await desk()
  const { code, stdout, parts } = await run(args, {}, { stderr: 'closed' })
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^uploads\/\S+\n$/) })
  expect(parts).toHaveLength(3)
})

test('when nobody reads the key, the work is done, and the exit code tells', async () => {
  const { run, args } = await desk()
  const { code, stderr } = await run(args, {}, { stdout: 'closed' })
  expect(code).toBe(1)
  expect(stderr.trim().split('\n').at(-1)).toMatch(/^film\.mov: done/)
})

test('a key that cannot be written is told in a sentence', async () => {
  const { run, args } = await desk()
  await using full = await open('/dev/full', 'w')
  const { code, stderr } = await run(args, {}, { stdout: full.fd })
  expect(code).toBe(1)
  expect(stderr.trim().split('\n').at(-1)).toMatch(
    /^Expected to print the result on standard output, got: ENOSPC/,
  )
})
