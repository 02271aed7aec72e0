import { readFile, watch, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { useLocalAws } from '../api/local-aws.ts'
import { pseudoRandom } from '../client/servers.ts'
import { openDesk } from './command.ts'

const MIB = 1024 * 1024
const aws = useLocalAws()

/** A desk, and an object of 24 MiB. */
async function setting() {
  const desk = await openDesk()
  const bytes = pseudoRandom(24 * MIB)
  await writeFile(join(desk.folder, 'film.mov'), bytes)
  const up = await desk.run(['upload', 'film.mov', '--api', aws.apiUrl])
  const args = [
    'download',
    up.stdout.trim(),
    '--api',
    aws.apiUrl,
    '--output',
    'back mov',
    '--concurrency',
    '2',
  ]
  return { ...desk, bytes, args, back: join(desk.folder, 'back mov') }
}

test('an interrupted download keeps what is there and prints the command that goes on, which does', async () => {
  const { run, args, bytes, back } = await setting()
  const stopped = await run(args, {
    KILL_AFTER_BYTES: String(10 * MIB),
    KILL_SIGNALS: 'SIGINT',
    SLOW_MS: '2',
  })
  expect(stopped).toMatchObject({ code: 130, stdout: '' })
  expect(stopped.stderr).toMatch(
    /film\.mov: stopped; \d\S* MiB of it are kept\.\nTo go on:\n {2}partway download /,
  )
  expect(stopped.stderr).toContain("--output 'back mov'")

  const again = await run(args)
  expect(again).toMatchObject({ code: 0, stdout: `${back}\n` })
  expect(again.stderr).toMatch(/^film\.mov: going on, [\d.]+ MiB of 24\.0 MiB are there already$/m)
  expect(again.stderr).toMatch(/done, 24\.0 MiB, [\d.]+ MiB of them before, in .* verified by checksum/)
  const received = [...stopped.pieces, ...again.pieces].reduce((sum, { start, end }) => sum + end - start, 0)
  expect(received - bytes.length).toBeLessThan(MIB)
  expect((await readFile(back)).equals(bytes)).toBe(true)
})

test('of two processes that download to one path, the second is told, and the first is not disturbed', async () => {
  const { folder, run, args, bytes, back } = await setting()
  const changes = watch(folder)[Symbol.asyncIterator]()
  const first = run(args, { SLOW_MS: '10' })
  while ((await changes.next()).value?.filename !== 'back mov.part');
  await changes.return?.()
  const second = await run([...args, '--verify'])
  expect(second).toMatchObject({ code: 75, stdout: '', pieces: [] })
  expect(second.stderr).toContain(`Expected no other download to ${back}, found one under way.`)
  expect(await first).toMatchObject({ code: 0, stdout: `${back}\n` })
  expect((await readFile(back)).equals(bytes)).toBe(true)
})
