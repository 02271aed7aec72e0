import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { transform } from 'esbuild'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { VERSION } from '../../protocol/version.ts'
import { useLocalAws } from '../api/local-aws.ts'
import { content } from '../api/uploads.ts'

const PACKAGE = join(inject('project'), 'node_modules/partway')
const COMMAND = join(PACKAGE, 'cli/partway.cjs')
const run = promisify(execFile)
const aws = useLocalAws()

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'partway-packed-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('the packed command says its version and how it is used', async () => {
  expect(await partway(['--version'])).toEqual({ stdout: `${VERSION}\n`, stderr: '' })
  const { stdout, stderr } = await partway(['--help'])
  expect(stdout).toContain('Usage: partway COMMAND')
  expect(stderr).toBe('')
})

test('the packed command sends a file in parts and brings it back', async () => {
  const film = content(20 * MIB + 1)
  await writeFile(join(folder, 'film.mp4'), film)
  const { stdout: key } = await partway(['upload', 'film.mp4', '--api', aws.apiUrl])
  await partway(['download', key.trim(), '--api', aws.apiUrl, '--output', 'copy.mp4'])
  expect(Buffer.compare(await readFile(join(folder, 'copy.mp4')), film)).toBe(0)
})

test.each(['22.17.1', '20.20.2', '10.24.1'])('Node %s is told that it is too old', async (version) => {
  const { engines } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8'))
  const failure = await partway(['--version'], ['--import', claiming(version)]).catch((error) => error)
  expect(failure).toMatchObject({ code: 1, stdout: '' })
  expect(failure.stderr.split('\n')).toEqual([
    expect.stringContaining(`Expected Node ${engines.node.replace('>=', '')} or later, got ${version};`),
    '',
  ])
})

test.each(['22.18.0', '23.0.0', '100.0.0'])('Node %s is not', async (version) => {
  const { stdout } = await partway(['--version'], ['--import', claiming(version)])
  expect(stdout).toBe(`${VERSION}\n`)
})

test('the file that tells them is one that they can read', async () => {
  const code = (await readFile(COMMAND, 'utf8')).replace(/^#!.*/, '')
  const [read, written] = await Promise.all(
    ['node10', 'esnext'].map((target) => transform(code, { target, supported: { 'dynamic-import': true } })),
  )
  expect(read?.code).toBe(written?.code)
})

test.each([
  ["console.log('the sources')", { stdout: 'the sources\n', stderr: '' }],
  [
    "import 'valibot'",
    { code: 1, stderr: expect.stringMatching(/^Expected the dependencies .* npm ci .*valibot/) },
  ],
  ["throw new Error('broken')", { code: 1, stderr: expect.stringContaining('Error: broken') }],
])('in a checkout it runs the sources: %s', async (main, outcome) => {
  const checkout = await mkdtemp(join(folder, 'checkout-'))
  await copyFile(COMMAND, join(checkout, 'partway.cjs'))
  await writeFile(join(checkout, 'main.ts'), main)
  const ran = await run(process.execPath, [join(checkout, 'partway.cjs')]).catch((error) => error)
  expect(ran).toMatchObject(outcome)
})

function partway(args: string[], node: string[] = []) {
  const env = { PATH: process.env.PATH, PARTWAY_STATE: join(folder, '.state') }
  return run(process.execPath, [...node, COMMAND, ...args], { cwd: folder, env })
}

/** A module that has Node say it is another one. */
function claiming(version: string): string {
  const versions = `{value: {...process.versions, node: ${JSON.stringify(version)}}}`
  return `data:text/javascript,${encodeURIComponent(`Object.defineProperty(process, 'versions', ${versions})`)}`
}
