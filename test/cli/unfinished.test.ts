import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { ROOT_CREDENTIALS } from '../../local/aws.ts'
import { MIB } from '../../protocol/limits.ts'
import { useLocalAws } from '../api/local-aws.ts'
import { type Desk, openDesk } from './command.ts'
import { type Ran, runHere } from './here.ts'

const aws = useLocalAws()
const FILM = randomBytes(11 * MIB + 1)

describe.each(['api', 's3'] as const)('unfinished uploads, by %s', (kind) => {
  test('are listed with what is held, parts and gaps are told, and abort frees them', async () => {
    const { run, place, flags } = await openPlace(kind)
    const { upload, operand } = await begin(run, place, [1, 3])

    const [listed] = (await run(['list', ...place, '--json'])).lines
    expect(listed).toMatchObject({
      type: 'upload',
      key: upload.key,
      uploadId: upload.uploadId,
      fileName: 'film.mov',
      initiated: expect.stringMatching(/^\d{4}-.*Z$/),
      parts: 2,
      bytes: 6 * MIB + 1,
    })
    // The bucket of the stack has a rule, the person's own has none.
    if (kind === 'api') expect(listed).toMatchObject({ size: FILM.length, abortDate: expect.any(String) })
    else expect(listed).toMatchObject({ abortDate: null })

    const table = await run(['list', ...place])
    expect(table.stdout.split('\t').slice(0, 2)).toEqual([upload.key, upload.uploadId])

    const parts = await run(['parts', ...flags, operand])
    expect(parts.stdout).toMatch(/^1\t5242880\t[0-9a-f]{32}\tCRC64NVME:.{12}\n3\t1048577\t/)
    expect(parts.stderr).toBe(
      kind === 'api'
        ? 'Parts 1 and 3 of 3, 6.00 MiB of 11.0 MiB. Missing: 2.\n'
        : 'Parts 1 and 3, 6.00 MiB. Missing: 2.\n',
    )

    const aborted = await run(['abort', ...flags, operand, '--json'])
    expect(aborted.lines).toEqual([
      { type: 'aborted', key: upload.key, uploadId: upload.uploadId, bytes: 6 * MIB + 1 },
    ])
    expect(aborted.stderr).toBe(`${upload.key}: aborted, 6.00 MiB freed.\n`)
    expect(await run(['abort', ...flags, operand])).toMatchObject({ code: 0 })
    expect(await run(['parts', ...flags, operand])).toMatchObject({ code: 1, stdout: '' })
    expect(await run(['list', ...place])).toMatchObject({ code: 0, stdout: '' })
  })

  test('that are old are shown by clean, and aborted by clean --yes', async () => {
    const { run, place } = await openPlace(kind)
    const { upload } = await begin(run, place, [1])

    const young = await run(['clean', '--older-than', '1h', ...place, '--json'])
    expect(young.lines).toEqual([{ type: 'cleaned', dryRun: true, uploads: 0, bytes: 0 }])
    const shown = await run(['clean', '--older-than', '0m', ...place, '--json'])
    expect(shown.lines).toMatchObject([
      { type: 'would-abort', key: upload.key, bytes: 5 * MIB },
      { type: 'cleaned', dryRun: true, uploads: 1, bytes: 5 * MIB },
    ])
    expect(shown.stderr).toBe(
      '1 upload older than 0m, 5.00 MiB to be freed. Nothing is changed; --yes aborts them.\n',
    )
    expect((await run(['list', ...place])).stdout).toContain(upload.uploadId)

    const done = await run(['clean', '--older-than', '0m', ...place, '--yes'])
    expect(done).toMatchObject({ code: 0, stderr: '1 upload aborted, 5.00 MiB freed.\n' })
    expect(done.stdout).toContain(upload.uploadId)
    expect((await run(['list', ...place])).stdout).toBe('')
  })
})

test('of two uploads to one key, neither is aborted until it is named', async () => {
  const { run, place, flags } = await openPlace('s3')
  const [first, second] = [await begin(run, place, []), await begin(run, place, [])]
  const { code, stderr } = await run(['abort', ...flags, first.operand])
  expect(code).toBe(2)
  for (const { upload, operand } of [first, second]) {
    expect(stderr).toContain(`  ${operand} --upload-id ${upload.uploadId}  (begun 0 min ago)`)
  }
  const words = [first.operand, '--upload-id', first.upload.uploadId]
  expect(await run(['abort', ...flags, ...words])).toMatchObject({ code: 0 })
  const left = (await run(['list', ...place, '--json'])).lines
  expect(left).toMatchObject([{ uploadId: second.upload.uploadId }])
})

test('only what is below the prefix is listed and cleaned', async () => {
  const { run, place, flags, bucket } = await openPlace('s3')
  const { upload } = await begin(run, place, [])
  for (const command of [['list'], ['clean', '--older-than', '0m', '--yes']]) {
    expect((await run([...command, ...flags, `s3://${bucket}/elsewhere/`])).stdout).toBe('')
  }
  expect((await run(['list', ...flags, `s3://${bucket}/films/`])).stdout).toContain(upload.uploadId)
})

test('an upload that clean has aborted begins anew when its command is run again', async () => {
  const { run, spawn, place, flags, folder, bucket } = await openPlace('s3')
  await writeFile(join(folder, 'big.mov'), randomBytes(24 * MIB))
  const command = ['upload', 'big.mov', `s3://${bucket}/big.mov`, ...flags]
  await spawn(command, { KILL_AFTER: '1', SLOW_MS: '50' })
  expect((await run(['clean', '--older-than', '0m', ...place, '--yes'])).stderr).toContain('1 upload aborted')
  const { code, stderr } = await spawn(command)
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect((await run(['list', '--finished', ...place])).stdout).toMatch(/^big\.mov\t25165824\t/)
})

test.each([
  [['list', 's3://b1', 's3://b2'], 'Expected one place, got s3://b1 s3://b2.'],
  [['list', 'films/'], 'Expected a place such as s3://bucket/folder/film.mov, got "films/".'],
  [['parts'], 'Expected one UPLOAD, got 0.'],
  [['abort'], 'Expected an UPLOAD to abort, got none.'],
  [['abort', 's3://bucket'], 'Expected an upload’s key, such as s3://bucket/film.mov, got its bucket.'],
  [['abort', 's3://bucket/a', 'b'], 'Expected s3:// places alone, or keys of an API alone'],
  [['clean', '--older-than', 'week'], 'Expected --older-than such as 30m, 12h, 7d or 2w, got "week".'],
])('%j is a usage error', async (args, message) => {
  expect(await runHere(args, { PARTWAY_API: aws.apiUrl })).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining(message),
  })
})

interface Place {
  readonly folder: string
  readonly bucket: string
  readonly flags: string[]
  /** The flags, and straight to S3 the bucket as an operand, which comes last. */
  readonly place: string[]
  run(args: string[]): Promise<Ran>
  /** In a process of its own, in the folder. */
  spawn(args: string[], environment?: Record<string, string>): ReturnType<Desk['run']>
}

let buckets = 0

async function openPlace(kind: 'api' | 's3'): Promise<Place> {
  const desk = await openDesk()
  await writeFile(join(desk.folder, 'film.mov'), FILM)
  const bucket = `unfinished-${++buckets}`
  const { accessKeyId, secretAccessKey } = ROOT_CREDENTIALS
  const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  if (kind === 's3') {
    const credentials = ROOT_CREDENTIALS
    const s3 = new S3Client({ endpoint: aws.s3Url, region: 'us-east-1', forcePathStyle: true, credentials })
    await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  }
  const flags = kind === 'api' ? ['--api', aws.apiUrl] : ['--endpoint-url', aws.s3Url]
  return {
    folder: desk.folder,
    bucket,
    flags,
    place: kind === 'api' ? flags : [...flags, `s3://${bucket}`],
    run: (args) =>
      runHere(
        args.map((word) => (word === 'film.mov' ? join(desk.folder, word) : word)),
        keys,
      ),
    spawn: (args, environment = {}) => desk.run(args, { ...keys, ...environment }),
  }
}

/** An upload in three parts of 5 MiB at most, of which those are sent. */
async function begin(run: Place['run'], place: string[], parts: number[]) {
  const isS3 = place.length > 2
  const flags = place.slice(0, 2)
  const operand = isS3 ? `${place.at(-1)}/films/film.mov` : undefined
  const begun = await run([
    'initiate',
    'film.mov',
    '--part-size',
    '5MiB',
    ...flags,
    ...(operand ? [operand] : []),
  ])
  const [upload] = begun.lines as unknown as { key: string; uploadId: string }[]
  if (!upload) throw new Error(begun.stderr)
  for (const part of parts) {
    const named = [operand ?? upload.key, 'film.mov', '--upload-id', upload.uploadId, '--part', String(part)]
    const size = isS3 ? ['--part-size', '5MiB'] : []
    expect(await run(['upload-part', ...named, ...size, ...flags])).toMatchObject({ code: 0 })
  }
  return { upload, operand: operand ?? upload.key }
}
