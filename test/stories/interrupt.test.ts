import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { pseudoRandom } from '../client/servers.ts'
import { MAIN, type Traveller, travel, travelUntil } from './process.ts'
import { useGatedStore } from './store.ts'

/** For a shell, and for whoever prints it. */
const NAME = "it's 2 o'clock $HOME.mov"
const SIZE = 48 * MIB
const SLOWLY = ['--bandwidth-limit', '16MiB']
const store = useGatedStore()

test('Ctrl-C prints the command that goes on: pasted into a shell it does, up and down', async () => {
  const { gate } = store
  const { desk, film } = await open()
  const place = `s3://${store.bucket}/pasted/`
  const part = () => gate.passages.some(({ partNumber, answered }) => partNumber !== undefined && answered)
  const up = await travelUntil(desk, ['upload', NAME, place, ...SLOWLY], gate.until(part), ['SIGINT'])
  expect(up.code).toBe(130)
  const upAgain = await paste(desk, up.stderr)
  expect(upAgain).toMatchObject({ stdout: `${place}${NAME}\n`, stderr: expect.stringContaining('going on') })

  const bytes = () => gate.passages.reduce((sum, { given }) => sum + given, 0)
  const args = ['download', `${place}${NAME}`, 'back.mov', ...SLOWLY]
  const before = bytes()
  const down = await travelUntil(
    desk,
    args,
    gate.until(() => bytes() - before > SIZE / 2),
    ['SIGINT'],
  )
  expect(down.code).toBe(130)
  const downAgain = await paste(desk, down.stderr)
  expect(downAgain).toMatchObject({ stderr: expect.stringContaining('going on') })
  expect((await readFile(join(desk.folder, 'back.mov'))).equals(film)).toBe(true)
})

test('Ctrl-C twice leaves at once, and nothing is lost', async () => {
  const { gate } = store
  const { desk } = await open()
  const begin = gate.passages.length
  const part = () =>
    gate.passages.slice(begin).some(({ partNumber, answered }) => partNumber !== undefined && answered)
  const args = ['upload', NAME, `s3://${store.bucket}/twice/`, ...SLOWLY]
  const { code } = await travelUntil(desk, args, gate.until(part), ['SIGINT', 'SIGINT'])
  expect(code).toBe(130)
  const again = await travel(desk, ['resume', '--all'])
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('going on') })
})

test('--quiet says nothing: keys and paths are all that is printed', async () => {
  const { desk } = await open()
  const place = `s3://${store.bucket}/quiet/`
  const up = await travel(desk, ['upload', NAME, place, '--quiet'])
  expect(up).toEqual({ code: 0, stdout: `${place}${NAME}\n`, stderr: '' })
  const down = await travel(desk, ['download', place, 'back', '-q'])
  expect(down).toEqual({ code: 0, stdout: `${join(desk.folder, 'back', NAME)}\n`, stderr: '' })
})

/** A folder with a film, and with the command in its path. */
async function open(): Promise<{ desk: Traveller; film: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-story-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const film = Buffer.from(pseudoRandom(SIZE))
  await writeFile(join(folder, NAME), film)
  const program = join(folder, 'partway')
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`)
  await chmod(program, 0o755)
  return {
    desk: { folder, environment: { ...store.environment, PARTWAY_STATE: join(folder, '.state') } },
    film,
  }
}

/** Runs what was printed after `To go on:` as a person would who copies it. */
async function paste({ folder, environment }: Traveller, said: string) {
  const [, command] = /To go on:\n {2}(.+)\n$/.exec(said) ?? []
  if (command === undefined) throw new Error(`Expected a command to go on with, got:\n${said}`)
  const PATH = [folder, process.env.PATH].join(delimiter)
  return promisify(execFile)('bash', ['-c', command], {
    cwd: folder,
    env: { HOME: folder, AWS_EC2_METADATA_DISABLED: 'true', ...environment, PATH },
  })
}
