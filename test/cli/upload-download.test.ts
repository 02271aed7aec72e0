import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { VERSION } from '../../protocol/version.ts'
import { useLocalAws } from '../api/local-aws.ts'
import { pseudoRandom, readBody, sendJson, serve } from '../client/servers.ts'
import { openDesk } from './command.ts'

const MIB = 1024 * 1024
const aws = useLocalAws()

test.each([
  ['of 20 MiB', 20 * MIB, 3],
  ['of one part', 8 * MIB, 0],
  ['that is empty', 0, 0],
])('a file %s goes up and comes back', async (_, size, parts) => {
  const { folder, run } = await openDesk()
  const bytes = pseudoRandom(size)
  await writeFile(join(folder, 'film ü.mov'), bytes)
  const up = await run(['upload', 'film ü.mov', '--api', aws.apiUrl])
  expect(up).toMatchObject({ code: 0, stderr: expect.stringContaining('verified by checksum') })
  expect(up.parts).toHaveLength(parts)
  expect(up.stdout).toMatch(/^uploads\/public\/\S+\n$/)
  expect(await readdir(join(folder, '.state', 'uploads')).catch(() => [])).toEqual([])

  const key = up.stdout.trim()
  await mkdir(join(folder, 'back'))
  const down = await run(['download', key, '--output', 'back'], { PARTWAY_API: aws.apiUrl })
  expect(down).toMatchObject({
    code: 0,
    stdout: `${join(folder, 'back', 'film ü.mov')}\n`,
    stderr: expect.stringContaining('verified by checksum'),
  })
  expect((await readFile(join(folder, 'back', 'film ü.mov'))).equals(bytes)).toBe(true)

  const path = join(folder, 'back', 'film ü.mov')
  const same = await run(['download', key, '--output', 'back', '--api', aws.apiUrl])
  expect(same).toMatchObject({ code: 0, stdout: `${path}\n`, pieces: [] })
  await writeFile(path, 'another film')
  const again = await run(['download', key, '--output', 'back', '--api', aws.apiUrl])
  expect(again).toMatchObject({ code: 1, stdout: '' })
  expect(again.stderr).toMatch(
    /: Expected no file at .*, found one\. Choose another name, or replace it with --force\.\n$/,
  )
  expect(again.stderr).toContain(path)
  expect(await run(['download', key, '--output', 'back', '--api', aws.apiUrl, '-f'])).toMatchObject({
    code: 0,
  })
})

test('several files are sent at once; one that fails does not stop the others', async () => {
  const { folder, run } = await openDesk()
  await writeFile(join(folder, 'a'), 'a')
  await writeFile(join(folder, 'b'), 'b')
  const { code, stdout, stderr } = await run(['upload', 'a', 'missing', 'b', '--api', aws.apiUrl])
  expect(code).toBe(1)
  const names = stdout
    .trim()
    .split('\n')
    .map((key) => key.slice(-2))
  expect(names.sort()).toEqual(['/a', '/b'])
  expect(stderr).toContain('missing: there is no such file. Check the name.')
})

describe('an interrupted upload', () => {
  async function interrupted(signals: string) {
    const desk = await openDesk()
    await writeFile(join(desk.folder, 'film.mov'), pseudoRandom(40 * MIB))
    const args = ['upload', 'film.mov', '--api', aws.apiUrl, '--part-size', '5MiB', '--concurrency', '1']
    const outcome = await desk.run(args, { KILL_AFTER: '3', KILL_SIGNALS: signals })
    return { ...desk, args, outcome }
  }

  test('keeps its parts and prints the command that goes on, which does', async () => {
    const { run, outcome } = await interrupted('SIGINT')
    expect(outcome).toMatchObject({ code: 130, stdout: '' })
    const command = outcome.stderr.split('To go on:\n  partway ')[1]?.trim().split(' ') ?? []
    expect(command).toEqual(expect.arrayContaining(['upload', '--part-size', '5MiB', 'film.mov']))
    const { code, stderr, parts } = await run(command)
    expect(code).toBe(0)
    expect(stderr).toContain('going on')
    expect(stderr).toContain('verified by checksum')
    expect(parts).not.toEqual(expect.arrayContaining([1]))
    expect(parts.length).toBeLessThanOrEqual(6)
  })

  test('leaves at once when told twice', async () => {
    const { outcome } = await interrupted('SIGINT SIGINT')
    expect(outcome).toMatchObject({ code: 130, stdout: '' })
    expect(outcome.stderr).not.toContain('To go on')
  })

  test('goes on elsewhere with --search, which finds it in the store and reads what is there', async () => {
    const { folder, run, args } = await interrupted('SIGKILL')
    const elsewhere = { PARTWAY_STATE: join(folder, '.elsewhere') }
    const { code, stderr, parts } = await run([...args, '--search'], elsewhere)
    expect(code).toBe(0)
    expect(stderr).toMatch(/going on, 1\d\.\d MiB of 40\.0 MiB are there already/)
    expect(stderr).toContain('verified by checksum')
    expect(parts.length).toBeLessThanOrEqual(5)
  })

  test('of a file that has changed is refused, and begun anew with --restart', async () => {
    const { folder, run, args } = await interrupted('SIGKILL')
    await appendFile(join(folder, 'film.mov'), 'more')
    const refused = await run(args)
    expect(refused).toMatchObject({ code: 1, parts: [] })
    expect(refused.stderr).toContain(`size was ${40 * MIB}, is ${40 * MIB + 4}`)
    expect(refused.stderr).toContain('--restart')
    const anew = await run([...args, '--restart'])
    expect(anew.code).toBe(0)
    expect(anew.parts).toHaveLength(9)
  })
})

describe('what goes wrong is said', () => {
  test.each([
    [['upload', '*.mov'], 1, '*.mov: no file fits this pattern. Check it.'],
    [['upload'], 2, 'Expected a FILE to upload, got none.'],
    [['download'], 2, 'Expected a KEY to download, got none.'],
    [['upload', 's3://films/a'], 2, 'Expected a FILE to upload, got none.'],
    [['upload', 's3://films/', 'x'], 2, 'Expected the place last, got x after s3://films/.'],
    [
      ['upload', 'x', 's3://films/', 's3://b/'],
      2,
      'Expected one place to upload to, got s3://films/ and s3://b/.',
    ],
    [['upload', 'x', '--expected-size', '1GiB', 's3://films/'], 2, 'Expected --expected-size with -'],
    [['download', 's3://films/a', 'x', 'y'], 2, 'one PATH at the end, got x before it.'],
    [['download', 's3://films/a', 'x', '-o', 'y'], 2, 'Expected one PATH, got x and --output y.'],
    [['download', 's3://films/', '-'], 2, 'Expected one object for standard output, got several.'],
    [['download', 's3://films/', '--range', '0-9'], 2, 'Expected one object with --range, got several.'],
    [['download', 's3://films/a', '--range', '9-0'], 2, 'Expected --range such as 0-1023, 1024- or -1024'],
    [['download', 's3://films/a', '-', '--verify'], 2, 'Expected --verify with whole files'],
    [['upload', 'x', '--tag', 'a=b'], 2, '--tag has a meaning straight to S3 alone'],
    [
      ['download', 'no-such-key'],
      1,
      'no-such-key: Expected a key that partway upload printed; this is no such key',
    ],
    [['upload', '--forse', 'x'], 2, 'Run partway upload --help.'],
  ])('%j ends with %i', async (args, code, message) => {
    const { run } = await openDesk()
    const outcome = await run(args, { PARTWAY_API: aws.apiUrl })
    expect(outcome).toMatchObject({ code, stdout: '' })
    expect(outcome.stderr).toContain(message)
  })

  test('a folder that is missing is named, and no file takes its name', async () => {
    const { folder, run } = await openDesk()
    await writeFile(join(folder, 'film.mov'), 'x')
    const up = await run(['upload', 'film.mov', '--api', aws.apiUrl])
    for (const [output, missing] of [
      ['missing/sub/film.mov', 'missing/sub'],
      ['new/', 'new'],
      ['film.mov/', 'film.mov'],
    ] as const) {
      const outcome = await run(['download', up.stdout.trim(), '--api', aws.apiUrl, '-o', output])
      expect(outcome).toMatchObject({ code: 1, stdout: '' })
      expect(outcome.stderr).toContain(
        `Expected a folder at ${join(folder, missing)}, found none. Make it first, or choose another.`,
      )
    }
    expect((await readdir(folder)).filter((name) => !name.startsWith('.'))).toEqual(['film.mov'])
  })

  test('a key whose object is gone is told as one', async () => {
    const { folder, run } = await openDesk()
    await writeFile(join(folder, 'film.mov'), 'x')
    const up = await run(['upload', 'film.mov', '--api', aws.apiUrl])
    const other = up.stdout.trim().replace('film.mov', 'film.mow')
    const outcome = await run(['download', other, '--api', aws.apiUrl])
    expect(outcome).toMatchObject({ code: 1, stdout: '' })
    expect(outcome.stderr).toContain(
      'Expected a key that partway upload printed; the store has no object of that key.',
    )
  })

  test.each([
    ['a page', 201, '<html>', 1, 'Expected a Partway API'],
    ['another server', 404, 'Not found', 1, 'Expected a Partway API'],
    ['an API that wants to know who asks', 403, '{"message":"Forbidden"}', 75, 'answered 403 Forbidden.'],
    ['a file that is too large', 413, problem('too-large', 413), 1, 'Split it.'],
  ])('%s', async (_, status, body, code, message) => {
    const url = await serve((_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    })
    const { folder, run } = await openDesk()
    await writeFile(join(folder, 'film.mov'), 'x')
    const outcome = await run(['upload', 'film.mov', '--api', url])
    expect(outcome).toMatchObject({ code, stdout: '' })
    expect(outcome.stderr).toContain(message)
  })

  test.each([
    ['upload', 'film.mov'],
    ['download', 'film.mov'],
  ])('nobody listening to %s is a failure for now, with nothing to go on with', async (...args) => {
    const { folder, run } = await openDesk()
    await writeFile(join(folder, 'film.mov'), 'x')
    const outcome = await run([...args, '--api', 'http://127.0.0.1:9'])
    expect(outcome).toMatchObject({ code: 75, stdout: '' })
    expect(outcome.stderr).toMatch(
      /^film\.mov: Expected an answer from .* Check the URL, and that the server runs\.\n$/,
    )
  })

  test('a store that gives no answer is told, without its URL, while it is asked again', async () => {
    let puts = 0
    const url = await serve(async (request, response) => {
      await readBody(request)
      if (request.method === 'PUT') return ++puts === 1 ? request.socket.destroy() : response.end()
      return sendJson(response, 201, {
        kind: 'single',
        key: 'uploads/public/x/film.mov',
        method: 'PUT',
        url: `${url}/object?X-Amz-Signature=secret`,
        headers: {},
        expiresAt: '2026-11-21T00:00:00Z',
      })
    })
    const { folder, run } = await openDesk()
    await writeFile(join(folder, 'film.mov'), 'x')
    const { code, stderr } = await run(['upload', 'film.mov', '--api', url], { PARTWAY_TOKEN: 'mine' })
    expect(code).toBe(0)
    expect(stderr).toMatch(/^film\.mov: no answer from the store \(E[A-Z]+\), trying again$/m)
    expect(stderr).not.toContain('secret')
  })

  function problem(type: string, status: number): string {
    return JSON.stringify({ type: `urn:partway:problem:${type}`, title: 'No', status, detail: 'Split it.' })
  }
})

test('help and version need nothing', async () => {
  const { run } = await openDesk()
  expect(await run(['--version'])).toEqual({
    code: 0,
    stdout: `${VERSION}\n`,
    stderr: '',
    parts: [],
    pieces: [],
  })
  expect(await run(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Exit codes:') })
  expect(await run(['download', '--help'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('--force'),
  })
  expect(await run([])).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage:') })
})
