import { randomBytes } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { useLocalAws } from '../api/local-aws.ts'
import { approveDevice, signInAs } from '../api/oidc.ts'
import { sendJson, serve, temporaryFolder } from '../client/servers.ts'
import { begin } from './under-way.ts'

/** Each starts some processes, on a machine that may be busy. */
vi.setConfig({ testTimeout: 120_000 })

const aws = useLocalAws({ auth: 'jwt' })

/** Signs in as a person does who has a browser elsewhere. */
async function logIn(folder: string, name: string, environment: Record<string, string> = {}) {
  const login = begin(folder, ['login', '--api', aws.apiUrl], environment)
  const [, url = ''] = await login.says(/or open (\S+)\./)
  await approveDevice(url, name)
  return login.ended
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

test('who has signed in by a code sends a file and brings it back, until they sign out', async () => {
  const folder = await temporaryFolder()
  const environment = { PARTWAY_API: aws.apiUrl }
  const content = randomBytes(100_000)
  await writeFile(join(folder, 'film.mov'), content)
  const run = (...args: string[]) => begin(folder, args, environment).ended

  expect(await run('login', '--status')).toMatchObject({ code: 1, stdout: expect.stringContaining('Nobody') })
  expect(await logIn(folder, 'anna')).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/type the code \w{4}-\w{4}.*Signed in to .* as anna\./s),
  })
  expect(await run('login', '--status')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('as anna'),
  })

  const up = await run('upload', 'film.mov')
  expect(up).toMatchObject({ code: 0, stdout: expect.stringMatching(/^uploads\/[a-z2-7]{26}\/.+\n$/) })
  expect(await run('download', up.stdout.trim(), '-o', 'back.mov')).toMatchObject({ code: 0 })
  expect(await readFile(join(folder, 'back.mov'))).toEqual(content)

  expect((await run('login', '--logout')).code).toBe(0)
  expect(await run('upload', 'film.mov')).toMatchObject({
    code: 75,
    stderr: expect.stringContaining(`run partway login --api ${aws.apiUrl}`),
  })
})

test('scripts are told where to sign in, and who is', async () => {
  const folder = await temporaryFolder()
  const linesOf = (stdout: string) =>
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  const login = begin(folder, ['login', '--api', aws.apiUrl, '--json'], {})
  const [, url = ''] = await login.says(/or open (\S+)\./)
  await approveDevice(url, 'anna')
  const signedIn = { type: 'sign-in', api: aws.apiUrl, signedIn: true, user: 'anna', renewable: true }
  expect(linesOf((await login.ended).stdout)).toMatchObject([{ type: 'sign-in-wanted', url }, signedIn])
  const { stdout } = await begin(folder, ['login', '--status', '--api', aws.apiUrl, '--json'], {}).ended
  expect(linesOf(stdout)).toMatchObject([signedIn])
  expect(stdout).not.toContain('oken')
})

test('the tokens are for nobody else to read, and nowhere but in their file', async () => {
  const folder = await temporaryFolder()
  const { stdout, stderr } = await logIn(folder, 'bert')
  await writeFile(join(folder, 'film.mov'), 'x')
  const up = await begin(folder, ['upload', 'film.mov', '--verbose', '--api', aws.apiUrl], {}).ended
  const all = await filesBelow(folder)
  const [kept = '', ...others] = all.filter((path) => path.includes('tokens'))
  expect(others).toEqual([])
  expect((await stat(kept)).mode & 0o777).toBe(0o600)
  expect((await stat(join(kept, '..'))).mode & 0o777).toBe(0o700)
  const { token, refreshToken } = JSON.parse(await readFile(kept, 'utf8'))
  const elsewhere = await Promise.all(
    all.filter((path) => path !== kept).map((path) => readFile(path, 'latin1')),
  )
  for (const text of [stdout, stderr, up.stdout, up.stderr, ...elsewhere]) {
    expect(text).not.toContain(token)
    expect(text).not.toContain(refreshToken)
  }
})

test('the token in the environment goes first', async () => {
  const folder = await temporaryFolder()
  await logIn(folder, 'cleo')
  await writeFile(join(folder, 'film.mov'), 'x')
  const environment = {
    PARTWAY_API: aws.apiUrl,
    PARTWAY_TOKEN: await signInAs(aws.issuerUrl, aws.apiUrl, 'dora'),
  }
  const asDora = await begin(folder, ['upload', 'film.mov'], environment).ended
  await writeFile(join(folder, 'film.mov'), 'y')
  const asCleo = await begin(folder, ['upload', 'film.mov'], { PARTWAY_API: aws.apiUrl }).ended
  const callerOf = ({ stdout }: { stdout: string }) => stdout.split('/')[1]
  expect(callerOf(asDora)).toMatch(/^[a-z2-7]{26}$/)
  expect(callerOf(asDora)).not.toBe(callerOf(asCleo))
})

test.each([
  ['iam', 1, /takes AWS credentials in place of a sign-in/],
  ['none', 0, /takes everybody: there is nothing to sign in to/],
])('an API with auth %s has no sign-in, and says what it wants', async (auth, code, said) => {
  const folder = await temporaryFolder()
  const described = { version: '0.1.0', auth, region: 'eu-west-1', maxObjectSize: 1, checksums: [] }
  const url = await serve((_, response) => sendJson(response, 200, described))
  const ended = await begin(folder, ['login', '--api', url], {}).ended
  expect(ended).toMatchObject({ code, stderr: expect.stringMatching(said) })
})

test('an issuer that cannot be reached is told, and can be tried again', async () => {
  const folder = await temporaryFolder()
  const issuer = await serve(({ socket }) => void socket.destroy())
  const url = await serve((_, response) =>
    sendJson(response, 200, {
      version: '0.1.0',
      auth: 'jwt',
      issuer,
      clientId: 'partway',
      region: 'eu-west-1',
      maxObjectSize: 1,
      checksums: [],
    }),
  )
  const ended = await begin(folder, ['login', '--api', url], {}).ended
  expect(ended).toMatchObject({
    code: 75,
    stderr: expect.stringContaining(`Expected ${issuer} to tell how`),
  })
})
