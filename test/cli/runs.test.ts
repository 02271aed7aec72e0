import { appendFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { useLocalAws } from '../api/local-aws.ts'
import { pseudoRandom } from '../client/servers.ts'
import { openBucket } from './bucket.ts'
import { openDesk } from './command.ts'
import { treeOf, writeTree } from './trees.ts'
import { begin } from './under-way.ts'

const aws = useLocalAws()
const FILES = 1000
/** So many files are under way at once. */
const IN_FLIGHT = 16

/** A folder of small files, such as `f7.txt` of 10 KiB. */
function smallFiles(count: number): Record<string, Uint8Array> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`f${index}.txt`, pseudoRandom(10 * 1024, index)]),
  )
}

async function open(count: number) {
  const desk = await openDesk()
  const bucket = await openBucket(aws.s3Url)
  await writeTree(join(desk.folder, 'many'), smallFiles(count))
  const run = (...args: string[]) => desk.run(args, bucket.environment)
  const killed = async (
    args: string[],
    after: number,
    list: 'puts' | 'gets',
    signal: NodeJS.Signals = 'SIGKILL',
  ) => {
    const command = begin(desk.folder, args, bucket.environment)
    bucket.after(after, list, () => command.kill(signal))
    const outcome = await command.ended
    await bucket.settled()
    return outcome
  }
  return { ...desk, bucket, run, killed, to: `s3://${bucket.name}/` }
}

function repeated(list: readonly string[]): number {
  return list.length - new Set(list).size
}

describe(`${FILES} small files`, () => {
  test('go up and come back, with a kill -9 in each direction, and none is transferred again but what was in flight', async () => {
    const { folder, bucket, run, killed, to } = await open(FILES)
    const up = ['upload', 'many', to, '--no-progress']
    expect((await killed(up, 300, 'puts')).code).toBeNull()
    expect(new Set(bucket.puts).size).toBeLessThan(FILES)
    const rest = await run(...up)
    expect(rest.code).toBe(0)
    const before = Number(/ files done, (\d+) done before: /.exec(rest.stderr)?.[1])
    expect(before).toBeGreaterThanOrEqual(300 - IN_FLIGHT)
    expect(new Set(bucket.puts).size).toBe(FILES)
    expect(repeated(bucket.puts)).toBeLessThanOrEqual(IN_FLIGHT)

    const down = ['download', `${to}many/`, 'back', '--no-progress']
    expect((await killed(down, 300, 'gets')).code).toBeNull()
    await writeFile(join(folder, 'back', 'mine.txt'), 'x')
    expect(await run(...down)).toMatchObject({ code: 0 })
    await rm(join(folder, 'back', 'mine.txt'))
    expect(repeated(bucket.gets)).toBeLessThanOrEqual(IN_FLIGHT)
    expect(await treeOf(join(folder, 'back'))).toEqual(await treeOf(join(folder, 'many')))
    expect(await readdir(join(folder, '.state', 'runs'))).toEqual([])
  }, 180_000)
})

describe('the same command again', () => {
  test('sends what has changed since, and what is new', async () => {
    const { folder, bucket, run, killed, to } = await open(60)
    const command = ['upload', 'many', to]
    await killed(command, 40, 'puts')
    const done = bucket.puts.slice(0, 20)
    await appendFile(join(folder, done[0] ?? ''), 'more')
    await writeFile(join(folder, 'many', 'new.txt'), 'new')
    const sent = bucket.puts.length
    expect(await run(...command)).toMatchObject({ code: 0 })
    const again = bucket.puts.slice(sent)
    expect(again).toEqual(expect.arrayContaining([done[0], 'many/new.txt']))
    expect(again.filter((key) => done.includes(key))).toEqual([done[0]])
  })

  test('with --restart forgets what was done', async () => {
    const { bucket, run, killed, to } = await open(60)
    await killed(['upload', 'many', to], 40, 'puts')
    const sent = bucket.puts.length
    await run('upload', 'many', to, '--restart')
    expect(bucket.puts.length - sent).toBe(60)
  })

  test('leaves a file alone that was there before, and one that was changed since', async () => {
    const { folder, bucket, run, killed, to } = await open(60)
    await run('upload', 'many', to)
    await writeTree(join(folder, 'back'), { 'f59.txt': 'mine' })
    const command = ['download', `${to}many/`, 'back']
    await killed(command, 40, 'gets')
    const [first = ''] = bucket.gets
    await appendFile(join(folder, first.replace('many', 'back')), 'more')
    const { code, stderr } = await run(...command)
    expect(code).toBe(1)
    const refused = [...stderr.matchAll(/^(f\d+\.txt): Expected no file at/gm)].map(([, name]) => name)
    expect(refused.sort()).toEqual([first.slice('many/'.length), 'f59.txt'].sort())
    expect(await run(...command, '--force')).toMatchObject({ code: 0 })
    expect(await treeOf(join(folder, 'back'))).toEqual(await treeOf(join(folder, 'many')))
  })

  test('at the same time is refused, and transfers nothing', async () => {
    const { folder, bucket, run, to } = await open(1)
    await writeFile(join(folder, 'many', 'film.mov'), pseudoRandom(20 * MIB))
    const command = ['upload', 'many', to, '--bandwidth-limit', '4MiB']
    const first = begin(folder, command, bucket.environment)
    await first.says(/film\.mov: sending/)
    const second = await run(...command)
    expect(second).toMatchObject({ code: 75, stdout: '' })
    expect(second.stderr).toMatch(/^Expected no other process at this very command, found one\./)
    first.kill('SIGKILL')
  })
})

test('Ctrl-C keeps what is done, and prints the one command that goes on', async () => {
  const { folder, killed, to, bucket } = await open(200)
  const { code, stderr } = await killed(['upload', 'many', to], 50, 'puts', 'SIGINT')
  expect(code).toBe(130)
  expect(stderr.match(/To go on:/g)).toHaveLength(1)
  const endpoint = bucket.environment.AWS_ENDPOINT_URL_S3
  expect(stderr).toContain(`To go on:\n  partway upload --endpoint-url ${endpoint}/ many ${to}\n`)
  expect(stderr.match(/^.*stopped/gim)).toHaveLength(1)
  expect(await readdir(join(folder, '.state', 'runs'))).toHaveLength(1)
})

describe('resume', () => {
  test('lists what can go on with how far it is, and goes on with one or all of it, from any folder', async () => {
    const { folder, bucket, run, killed, to } = await open(60)
    expect(await run('resume')).toMatchObject({ code: 0, stdout: '', stderr: 'Nothing is unfinished.\n' })
    await killed(['upload', 'many', to], 40, 'puts')
    await writeFile(join(folder, 'film.mov'), pseudoRandom(40 * MIB))
    await killed(['upload', 'film.mov', to, '--part-size', '5MiB', '--concurrency', '1'], 3, 'puts')
    const listed = await run('resume')
    expect(listed.code).toBe(0)
    expect(listed.stdout).toMatch(
      /^1 {2}\d+ of 60 files, \d+ KiB of 600 KiB, 0 min ago\n {3}partway upload .* many .*\n2 {2}0 of 1 file, 1[05]\.0 MiB of 40\.0 MiB, 0 min ago\n {3}partway upload .* film\.mov .*\n$/,
    )
    const records = (await run('resume', '--json')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(records).toMatchObject([
      { number: 1, files: 60, cwd: folder },
      { number: 2, files: 1, filesDone: 0 },
    ])

    const elsewhere = await openDesk()
    const there = { ...bucket.environment, PARTWAY_STATE: join(folder, '.state') }
    const one = await elsewhere.run(['resume', join(folder, 'film.mov')], there)
    expect(one).toMatchObject({ code: 0, stdout: `${to}film.mov\n` })
    expect(one.stderr).toMatch(/going on, 1[05]\.0 MiB of 40\.0 MiB are there already/)
    expect(await elsewhere.run(['resume', '--all'], there)).toMatchObject({ code: 0 })
    expect(new Set(bucket.puts).size).toBe(61)
    expect((await run('resume')).stderr).toBe('Nothing is unfinished.\n')
  })

  test('tells of a source that is gone, and forgets it when told so', async () => {
    const { folder, run, killed, to } = await open(60)
    await killed(['upload', 'many', to], 40, 'puts')
    await rm(join(folder, 'many'), { recursive: true })
    expect((await run('resume')).stdout).toContain('0 min ago, many is gone\n')
    const gone = await run('resume', '1')
    expect(gone).toMatchObject({ code: 1, stdout: '' })
    expect(gone.stderr).toBe(
      `Expected many in ${folder}, found none. Put it back, or partway resume --forget 1.\n`,
    )
    expect(await run('resume', 'other')).toMatchObject({ code: 2 })
    expect(await run('resume', '--forget', '1')).toMatchObject({ code: 0 })
    expect((await run('resume')).stderr).toBe('Nothing is unfinished.\n')
  })
})

test('scripts are told by --json what failed and what was done before; what failed for good is tried again', async () => {
  const { folder, bucket, killed, run, to } = await open(60)
  await killed(['upload', 'many', 'missing', to, '--json'], 40, 'puts')
  const { code, stdout, stderr } = await run('upload', 'many', 'missing', to, '--json')
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const named = (type: string) => events.filter((event) => event.type === type)
  expect(code).toBe(1)
  expect(named('skipped').length + named('done').length).toBe(60)
  expect(named('skipped')[0]).toMatchObject({ direction: 'upload', key: expect.stringMatching(/^many\/f/) })
  expect(named('failed')).toMatchObject([{ direction: 'upload', name: 'missing', resumable: false }])
  expect(events.at(-1)).toMatchObject({ type: 'summary', done: named('done').length })
  expect(stderr).toContain('missing: there is no such file. Check the name.')
  expect(stderr).toContain('What is done is remembered: the same command tries the rest again.')

  await writeFile(join(folder, 'missing'), 'x')
  const sent = bucket.puts.length
  expect(await run('upload', 'many', 'missing', to, '--json')).toMatchObject({ code: 0 })
  expect(bucket.puts.slice(sent)).toEqual(['missing'])
})
