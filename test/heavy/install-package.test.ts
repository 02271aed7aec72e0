import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { measureStartups } from '../../bench/startup.ts'
import { MIB } from '../../protocol/limits.ts'
import { VERSION } from '../../protocol/version.ts'
import { useLocalAws } from '../api/local-aws.ts'
import { content } from '../api/uploads.ts'
import { pack } from '../package/pack.ts'

const MOST_OVER_BARE_MS = 100
const run = promisify(execFile)
const aws = useLocalAws()

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'partway-installed-'))
  const tarball = await pack(folder)
  await mkdir(join(folder, 'project'))
  await npm('init', '-y')
  await npm('install', '--no-audit', '--no-fund', tarball)
}, 300_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

test('npm installs the package into an empty folder, with nothing of the CDK', async () => {
  const names = await readdir(join(folder, 'project/node_modules'))
  expect(names).toEqual(expect.arrayContaining(['partway', 'valibot']))
  expect(names.filter((name) => /cdk|^constructs$|^esbuild$|^typescript$/.test(name))).toEqual([])
  expect(existsSync(join(folder, 'project/node_modules/partway/cli/main.ts'))).toBe(false)
})

test('the installed command runs, sends a file and brings it back', async () => {
  expect((await partway('--version')).stdout).toBe(`${VERSION}\n`)
  const film = content(20 * MIB + 1)
  await writeFile(join(folder, 'project/film.mp4'), film)
  const { stdout: key } = await partway('upload', 'film.mp4', '--api', aws.apiUrl)
  await partway('download', key.trim(), '--api', aws.apiUrl, '--output', 'copy.mp4')
  expect(Buffer.compare(await readFile(join(folder, 'project/copy.mp4')), film)).toBe(0)
})

test('the installed command answers --help within 100 ms over bare Node', () => {
  const command = join(folder, 'project/node_modules/partway/cli/partway.cjs')
  const [bare, help] = measureStartups({ bare: ['-e', '0'], help: [command, '--help'] })
  if (!bare || !help) throw new Error('Expected two measurements.')
  console.log(`node -e 0: ${bare.ms.toFixed(0)} ms; partway --help: ${help.overBare.toFixed(0)} ms more`)
  // Where the machine is so busy that bare Node takes longer than that, no more than twice as long.
  expect(help.overBare).toBeLessThan(Math.max(MOST_OVER_BARE_MS, bare.ms))
})

function npm(...args: string[]) {
  return run('npm', args, { cwd: join(folder, 'project') })
}

function partway(...args: string[]) {
  const env = { PATH: process.env.PATH, PARTWAY_STATE: join(folder, '.state') }
  return run(join(folder, 'project/node_modules/.bin/partway'), args, { cwd: join(folder, 'project'), env })
}
