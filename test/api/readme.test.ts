import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { useLocalAws } from './local-aws.ts'
import { content } from './uploads.ts'

const aws = useLocalAws()
const run = promisify(execFile)

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'partway-readme-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

test('what the README shows for curl uploads a file in parts and brings it back', async () => {
  const film = content(20 * MIB + 1)
  await writeFile(join(directory, 'film.mp4'), film)
  const script = await shellBlock('### With nothing but curl')

  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: directory,
    env: { ...process.env, API: aws.apiUrl },
  })

  expect(stdout).toContain('"partCount":3')
  expect(stdout).toContain(`"size":${film.length},"etag":`)
  expect(Buffer.compare(await readFile(join(directory, 'copy.mp4')), film)).toBe(0)
})

/** The first block of shell commands below a heading of the README. */
async function shellBlock(heading: string): Promise<string> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const block = readme.split(`${heading}\n`)[1]?.match(/```sh\n(.*?)```/s)?.[1]
  if (!block) throw new Error(`Expected a block of shell commands below "${heading}" in README.md.`)
  return block
}
