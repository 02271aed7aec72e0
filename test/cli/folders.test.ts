import { execFileSync } from 'node:child_process'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { useLocalAws } from '../api/local-aws.ts'
import { pseudoRandom } from '../client/servers.ts'
import { openBucket } from './bucket.ts'
import { openDesk } from './command.ts'
import { treeOf, writeTree } from './trees.ts'

const aws = useLocalAws()

const ODD_NAMES = {
  'a b.txt': 'spaces',
  'two\nlines.txt': 'a newline',
  'ü/日本 🎬.txt': 'unicode',
  'it\'s/"quoted"/x': 'quotes',
  '-dash': 'a dash',
  '100%41+&?#.txt': 'what URLs are made of',
  '.hidden/.x': 'hidden',
  'back\\slash': 'a backslash',
  empty: '',
  'deep/er/and/deeper/film.mov': pseudoRandom(11 * MIB),
}

describe('a folder with names of all kinds', () => {
  test('goes straight to S3 and comes back', async () => {
    const { folder, run } = await openDesk()
    const { name, environment } = await openBucket(aws.s3Url)
    await writeTree(join(folder, 'films'), ODD_NAMES)
    const up = await run(['upload', 'films', `s3://${name}/2026/`, '--part-size', '5MiB'], environment)
    expect(up).toMatchObject({ code: 0 })
    expect(up.stdout).toContain(`s3://${name}/2026/films/ü/日本 🎬.txt\n`)
    expect(up.stderr).toMatch(/^10 files done: 11\.0 MiB in /m)

    const down = await run(['download', `s3://${name}/2026/`, 'back'], environment)
    expect(down).toMatchObject({ code: 0 })
    expect(down.stdout).toContain(`${join(folder, 'back/films/a b.txt')}\n`)
    expect(await treeOf(join(folder, 'back/films'))).toEqual(await treeOf(join(folder, 'films')))
  })

  test('goes through an API and comes back', async () => {
    const { folder, run } = await openDesk()
    await writeTree(join(folder, 'films'), ODD_NAMES)
    const environment = { PARTWAY_API: aws.apiUrl }
    expect(await run(['upload', 'films/'], environment)).toMatchObject({ code: 0 })
    expect(await run(['download', 'uploads/public/', '-o', 'back'], environment)).toMatchObject({ code: 0 })
    expect(await treeOf(join(folder, 'back'))).toEqual(await treeOf(join(folder, 'films')))
  })
})

test('a single object straight from S3 has the name that its key says, in this folder or in another', async () => {
  const { folder, run } = await openDesk()
  const { name, environment } = await openBucket(aws.s3Url)
  await writeTree(folder, { 'recorded.mov': 'a film', 'films/other.mov': '' })
  const place = `s3://${name}/2026/film.mov`
  expect(await run(['upload', 'recorded.mov', place], environment)).toMatchObject({ code: 0 })
  const here = await run(['download', place], environment)
  expect(here).toMatchObject({ code: 0, stdout: `${join(folder, 'film.mov')}\n` })
  const there = await run(['download', place, 'films'], environment)
  expect(there).toMatchObject({ code: 0, stdout: `${join(folder, 'films/film.mov')}\n` })
  const planned = await run(['download', place, 'films/', '--dry-run'], environment)
  expect(planned.stdout).toBe(`${place} → films/film.mov, 6 B\n`)
})

describe('of what is in a folder', () => {
  const tree = { 'a.mov': 'a', 'b.txt': 'b', 'tmp/c.mov': 'c', 'sub/d.mov': 'd' }

  async function open() {
    const desk = await openDesk()
    const bucket = await openBucket(aws.s3Url)
    await writeTree(join(desk.folder, 'films'), tree)
    const run = (...args: string[]) => desk.run(args, bucket.environment)
    const to = `s3://${bucket.name}/`
    const sent = async (...args: string[]) => {
      const { stdout } = await run('upload', ...args, to)
      return stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => line.slice(to.length))
        .sort()
    }
    return { ...desk, bucket, run, to, sent }
  }

  test('all is sent with its folder, or without it, or what a pattern fits', async () => {
    const { sent } = await open()
    expect(await sent('films')).toEqual(['films/a.mov', 'films/b.txt', 'films/sub/d.mov', 'films/tmp/c.mov'])
    expect(await sent('films/')).toEqual(['a.mov', 'b.txt', 'sub/d.mov', 'tmp/c.mov'])
    expect(await sent('films/*.mov')).toEqual(['a.mov'])
    expect(await sent('films/**/*.mov')).toEqual(['a.mov', 'sub/d.mov', 'tmp/c.mov'])
    expect(await sent('films/', '--exclude', 'tmp', '--include', '*.mov', '--exclude', 'a*')).toEqual([
      'b.txt',
      'sub/d.mov',
      'tmp/c.mov',
    ])
    expect(await sent('films/', '--include', '*.mov', '--exclude', 'tmp/')).toEqual(['a.mov', 'sub/d.mov'])
  })

  test('all comes back, or what a pattern fits, markers of folders as folders', async () => {
    const { folder, run, bucket, to } = await open()
    await run('upload', 'films/', `${to}p/`)
    await bucket.client.send(
      new PutObjectCommand({ Bucket: bucket.name, Key: 'p/none/', Body: new Uint8Array(0) }),
    )
    expect(await run('download', `${to}p/`, 'back', '--include', '*.mov')).toMatchObject({ code: 0 })
    expect(Object.keys(await treeOf(join(folder, 'back')))).toEqual(['a.mov', 'sub/d.mov', 'tmp/c.mov'])
    expect(await run('download', `${to}p/`, 'all')).toMatchObject({ code: 0 })
    expect(Object.keys(await treeOf(join(folder, 'all')))).toEqual([
      'a.mov',
      'b.txt',
      'sub/d.mov',
      'tmp/c.mov',
    ])
    expect(execFileSync('ls', [join(folder, 'all')]).toString()).toBe('a.mov\nb.txt\nnone\nsub\ntmp\n')
    const several = await run('download', `${to}p/a.mov`, `${to}p/b.txt`, 'two')
    expect(several).toMatchObject({ code: 0 })
    expect(Object.keys(await treeOf(join(folder, 'two')))).toEqual(['a.mov', 'b.txt'])
    const nothing = await run('download', `${to}nowhere/`, 'x')
    expect(nothing).toMatchObject({ code: 1, stdout: '' })
    expect(nothing.stderr).toContain('nowhere/: Expected objects below it, found none. Check the name.')
  })

  test('links are followed but to where they come from, pipes are named and left out', async () => {
    const { folder, run, to } = await open()
    await symlink('../a.mov', join(folder, 'films/sub/link.mov'))
    await symlink('..', join(folder, 'films/sub/loop'))
    execFileSync('mkfifo', [join(folder, 'films/pipe')])
    const { code, stdout, stderr } = await run('upload', 'films', to)
    expect(code).toBe(0)
    expect(stdout).toContain(`${to}films/sub/link.mov\n`)
    expect(stderr).toContain('films/sub/loop: it leads back to films. Left out.')
    expect(stderr).toContain('films/pipe: it is no regular file but a pipe, a socket or a device. Left out.')
    await symlink('nowhere', join(folder, 'films/dangling'))
    const again = await run('upload', 'films', to)
    expect(again.code).toBe(1)
    expect(again.stderr).toContain('films/dangling: there is no such file.')
  })

  test('two files do not become one object, nor two objects one file', async () => {
    const { folder, run, to, bucket } = await open()
    await writeTree(folder, { 'other/a.mov': 'another' })
    const { code, stderr } = await run('upload', 'films/a.mov', 'other/a.mov', `${to}p/`)
    expect(code).toBe(1)
    expect(stderr).toContain('other/a.mov: Expected a key of its own, got p/a.mov, which films/a.mov has.')
    expect(bucket.puts).toEqual(['p/a.mov'])
    const matched = await run('upload', '{films,other}/a.mov', `${to}r/`)
    expect(matched.code).toBe(1)
    expect(matched.stderr).toMatch(/a\.mov: Expected a key of its own, got r\/a\.mov/)
    expect(bucket.puts).toEqual(['p/a.mov', 'r/a.mov'])
    await run('upload', 'other/a.mov', `${to}q/`)
    const down = await run('download', `${to}p/a.mov`, `${to}q/a.mov`, 'both', '--force')
    expect(down.code).toBe(1)
    expect(down.stderr).toMatch(/Expected a path of its own for "[pq]\/a\.mov", got "a\.mov"/)
  })

  test('a dry run says what would be sent and brought, and does neither', async () => {
    const { folder, run, to, bucket } = await open()
    await writeTree(folder, { 'films/big.mov': pseudoRandom(20 * MIB) })
    const up = await run('upload', 'films', to, '--dry-run')
    expect(up).toMatchObject({ code: 0, stderr: 'Nothing was sent. It would be 5 files, 20.0 MiB.\n' })
    expect(up.stdout).toContain(`films/big.mov → ${to}films/big.mov, 20.0 MiB in 3 parts of 8.00 MiB\n`)
    expect(up.stdout).toContain(`films/a.mov → ${to}films/a.mov, 1 B in one piece\n`)
    expect(bucket.puts).toEqual([])
    await run('upload', 'films/a.mov', to)
    const down = await run('download', to, 'back', '--dry-run')
    expect(down).toMatchObject({ code: 0, stdout: `${to}a.mov → back/a.mov, 1 B\n` })
    expect(bucket.gets).toEqual([])
  })
})

test('an object has what flags say of it, and its type by its name', async () => {
  const { folder, run } = await openDesk()
  const { name, environment, client } = await openBucket(aws.s3Url)
  await writeTree(folder, { 'film.mov': 'x', notes: 'y' })
  const flags = [
    '--metadata',
    'title=Über=alles',
    '--cache-control',
    'max-age=60',
    '--content-language',
    'de',
  ]
  const words = [...flags, '--content-disposition', 'inline', '--tag', 'team=films', '--verify']
  const up = await run(['upload', 'film.mov', 'notes', `s3://${name}/`, ...words], environment)
  expect(up).toMatchObject({ code: 0 })
  expect(up.stderr).toContain('film.mov: read again, and the same (checksum)')
  const head = (Key: string) => client.send(new HeadObjectCommand({ Bucket: name, Key }))
  expect(await head('film.mov')).toMatchObject({
    ...{ ContentType: 'video/quicktime', CacheControl: 'max-age=60', ContentLanguage: 'de' },
    ContentDisposition: 'inline',
    Metadata: { title: encodeURIComponent('Über=alles') },
  })
  expect(await head('notes')).toMatchObject({ ContentType: 'application/octet-stream' })

  const taken = await run(['upload', 'film.mov', `s3://${name}/`, '--if-none-match'], environment)
  expect(taken).toMatchObject({ code: 1, stdout: '' })
  expect(taken.stderr).toContain('Choose another key, or leave out --if-none-match.')
})

test('a single file goes to the key that is named; standard output and input are files, too', async () => {
  const { folder, run } = await openDesk()
  const { name, environment } = await openBucket(aws.s3Url)
  await writeTree(folder, { 'film.mov': '0123456789' })
  const key = `s3://${name}/2026/other.mov`
  expect(await run(['upload', 'film.mov', key], environment)).toMatchObject({ code: 0, stdout: `${key}\n` })
  for (const [range, bytes] of [
    ['2-4', '234'],
    ['7-', '789'],
    ['-2', '89'],
    ['8-99', '89'],
  ] as const) {
    const out = await run(['download', key, '-', '--range', range, '-q'], environment)
    expect(out).toMatchObject({ code: 0, stdout: bytes, stderr: '' })
  }
  const inTheWay = await run(['download', key, 'film.mov', '--range', '2-4'], environment)
  expect(inTheWay).toMatchObject({ code: 1, stdout: '' })
  expect(inTheWay.stderr).toContain('Expected no file at')
  const beyond = await run(['download', key, '-', '--range', '10-'], environment)
  expect(beyond).toMatchObject({ code: 1, stdout: '' })
  const missing = await run(['download', `s3://${name}/2026`, '-'], environment)
  expect(missing.stderr).toContain('a key that ends in / names all that is below it.')
})
