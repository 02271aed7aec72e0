import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { ROOT_CREDENTIALS } from '../../local/aws.ts'
import { MIB } from '../../protocol/limits.ts'
import { useLocalAws } from '../api/local-aws.ts'
import { temporaryFolder } from '../client/servers.ts'
import { runHere } from './here.ts'

const aws = useLocalAws()
const FILM = randomBytes(10 * MIB + 7)
const PART = 5 * MIB

describe.each(['api', 's3'] as const)('the operations one by one, by %s', (kind) => {
  test('make an object of parts that others have sent', async () => {
    const { json, place, folder, named } = await aPlace(kind)
    const upload = await json('initiate', 'film.mov', ...named(), '--part-size', '5MiB')
    const planned = { size: FILM.length, partSize: PART, partCount: 3, checksumAlgorithm: 'CRC64NVME' }
    expect(upload).toMatchObject({ kind: 'multipart', ...planned })
    expect(upload).not.toHaveProperty('signed')

    const which = [...named(upload.key), '--upload-id', upload.uploadId]
    const sizes = kind === 's3' ? ['--size', String(FILM.length), '--part-size', '5MiB'] : []
    const signed = await json('presign', ...which, '--parts', '1,3', ...sizes)
    expect(signed).toMatchObject({ expiresAt: expect.any(String), expiresIn: expect.any(Number) })
    expect(signed.parts).toMatchObject([
      { partNumber: 1, size: PART },
      { partNumber: 3, size: 7 },
    ])
    for (const { partNumber, url, headers } of signed.parts) {
      const body = FILM.subarray((partNumber - 1) * PART, partNumber * PART)
      expect((await fetch(url, { method: 'PUT', headers, body })).status).toBe(200)
    }

    const partSize = kind === 's3' ? ['--part-size', '5MiB'] : []
    const [uploadName = '', ...rest] = which
    const sent = await json('upload-part', uploadName, 'film.mov', ...rest, '--part', '2', ...partSize)
    expect(sent).toEqual({
      partNumber: 2,
      size: PART,
      etag: expect.stringMatching(/^[0-9a-f]{32}$/),
      checksum: { algorithm: 'CRC64NVME', value: expect.stringMatching(/^.{12}$/) },
    })

    const listing = await json('list-parts', ...which)
    expect(listing).toMatchObject({ key: upload.key, uploadId: upload.uploadId })
    expect(listing.parts).toMatchObject([{ partNumber: 1 }, sent, { partNumber: 3, size: 7 }])

    await writeFile(join(folder, 'sent.json'), listing.parts.map((part) => JSON.stringify(part)).join('\n'))
    const done = await json('complete', ...which, '--parts', 'sent.json')
    expect(done).toMatchObject({ key: upload.key, size: FILM.length, etag: expect.stringMatching(/-3$/) })
    expect(await content(place, done)).toEqual(FILM)
  })

  test('a gap is named, and nothing is completed over it', async () => {
    const { json, run, named } = await aPlace(kind)
    const upload = await json('initiate', 'film.mov', ...named(), '--part-size', '5MiB')
    const which = [...named(upload.key), '--upload-id', upload.uploadId]
    const [uploadName = '', ...rest] = which
    const partSize = kind === 's3' ? ['--part-size', '5MiB'] : []
    for (const part of ['1', '3']) {
      await json('upload-part', uploadName, 'film.mov', ...rest, '--part', part, ...partSize)
    }
    const { code, stdout, stderr } = await run(['complete', ...which])
    expect({ code, stdout }).toEqual({ code: 75, stdout: '' })
    expect(stderr).toMatch(kind === 's3' ? /1 are not there or differ: 2\. Send them/ : /1 are missing/)
  })

  test('a checksum of other bytes is refused, and the upload is kept', async () => {
    const { json, run, named } = await aPlace(kind)
    const upload = await json('initiate', 'film.mov', ...named())
    const which = [...named(upload.key), '--upload-id', upload.uploadId]
    const [uploadName = '', ...rest] = which
    const parts = [1, 2].map((part) => String(part))
    for (const part of parts) await json('upload-part', uploadName, 'film.mov', ...rest, '--part', part)
    const wrong = await run(['complete', ...which, '--checksum', 'CRC64NVME:AAAAAAAAAAE='])
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('checksum') })
    expect((await json('list-parts', ...which)).parts).toHaveLength(2)
  })

  test('what is gone is said to be, with exit code 1', async () => {
    const { json, run, named } = await aPlace(kind)
    const upload = await json('initiate', 'film.mov', ...named())
    const which = [...named(upload.key), '--upload-id', upload.uploadId]
    expect(await json('abort', ...which, '--json')).toMatchObject({ type: 'aborted', bytes: 0 })
    for (const command of ['list-parts', 'complete']) {
      const { code, stdout, stderr } = await run([command, ...which])
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toContain('aborted, has expired or never was')
    }
  })
})

test('straight to S3, pieces that split has cut make an object whose size nobody knew', async () => {
  const { json, place, folder, named } = await aPlace('s3')
  const upload = await json('initiate', ...named(), '--checksum', 'CRC32')
  expect(upload).toMatchObject({ kind: 'multipart', checksumAlgorithm: 'CRC32' })
  expect(upload).not.toHaveProperty('partSize')
  const which = ['--upload-id', upload.uploadId]
  for (const part of [1, 2]) {
    const piece = join(folder, `piece-${part}`)
    await writeFile(piece, FILM.subarray((part - 1) * 6 * MIB, part * 6 * MIB))
    await json(
      'upload-part',
      ...named(),
      piece,
      ...which,
      '--piece',
      '--part',
      `${part}`,
      '--checksum',
      'CRC32',
    )
  }
  expect(await content(place, await json('complete', ...named(), ...which))).toEqual(FILM)

  const { parts } = await json('presign', ...named(), ...which, '--parts', '1')
  expect(parts[0]).not.toHaveProperty('size')
})

test('a part that is changed in what --parts says is not taken for the one that is there', async () => {
  const { json, run, folder, named } = await aPlace('s3')
  const upload = await json('initiate', 'film.mov', ...named())
  const which = ['--upload-id', upload.uploadId]
  const sent = await json('upload-part', ...named(), 'film.mov', ...which, '--part', '1')
  await writeFile(join(folder, 'sent.json'), JSON.stringify({ ...sent, etag: '0'.repeat(32) }))
  const { code, stderr } = await run(['complete', ...named(), ...which, '--parts', 'sent.json'])
  expect({ code, stderr }).toEqual({ code: 75, stderr: expect.stringContaining('differ: 1.') })
})

test('what stands at the key is not replaced where that is not wanted', async () => {
  const { json, run, place, named } = await aPlace('s3')
  const begin = async () => {
    const { uploadId } = await json('initiate', 'film.mov', ...named())
    for (const part of ['1', '2']) {
      await json('upload-part', ...named(), 'film.mov', '--upload-id', uploadId, '--part', part)
    }
    return [...named(), '--upload-id', uploadId]
  }
  const done = await json('complete', ...(await begin()), '--if-none-match')
  const again = await run(['complete', ...(await begin()), '--if-none-match'])
  expect(again).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('found one') })
  expect(await content(place, done)).toEqual(FILM)
})

test('with an API, a small file is begun as one PUT', async () => {
  const { json } = await aPlace('api')
  const single = await json('initiate', '--size', '5', '--name', 'a.txt')
  expect(single).toMatchObject({ kind: 'single', method: 'PUT', headers: { 'content-type': 'text/plain' } })
  const { url, headers } = single as unknown as { url: string; headers: Record<string, string> }
  expect((await fetch(url, { method: 'PUT', headers, body: '12345' })).status).toBe(200)
})

test.each([
  [['initiate'], 'Expected a FILE or --size'],
  [['initiate', '--size', '5'], 'Expected --name with --size'],
  [['initiate', 'film.mov', '--size', '5'], 'got both'],
  [['initiate', 'nowhere.mov'], 'got nowhere.mov, which is not there'],
  [['presign', 'key', '--parts', '1'], 'got no --upload-id'],
  [['presign', 'key', '--upload-id', 'x'], 'Expected --parts such as 1-10,12'],
  [['presign', 'key', '--upload-id', 'x', '--parts', '9-3'], 'with numbers from 1 to 10000, got "9-3"'],
  [
    ['presign', 'key', '--upload-id', 'x', '--parts', '1', '--size', '5'],
    '--size has a meaning straight to S3',
  ],
  [['upload-part', 'key', '--upload-id', 'x', '--part', '1'], 'Expected an UPLOAD and a FILE'],
  [['upload-part', 'key', 'film.mov', '--upload-id', 'x', '--part', '1-2'], 'Expected one --part N'],
  [['complete', 'key', '--upload-id', 'x', '--checksum', 'MD5:x'], 'Expected --checksum such as CRC32:'],
  [['complete', 'key', '--upload-id', 'x', '--parts', 'package.json'], 'a line of JSON for each part'],
])('%j is a usage error', async (args, message) => {
  const { run } = await aPlace('api')
  expect(await run(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) })
})

/** What the operations print, as far as it is looked at. */
interface Answer {
  readonly key: string
  readonly uploadId: string
  readonly location: string
  readonly parts: { partNumber: number; url: string; headers: Record<string, string> }[]
}

type Place = { readonly bucket: string; readonly s3: S3Client }

let buckets = 0

async function aPlace(kind: 'api' | 's3') {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'film.mov'), FILM)
  // Files are named as in that folder.
  const inFolder = (word: string) => (/^(film\.mov|sent\.json)$/.test(word) ? join(folder, word) : word)
  const credentials = ROOT_CREDENTIALS
  const s3 = new S3Client({ endpoint: aws.s3Url, region: 'us-east-1', forcePathStyle: true, credentials })
  const bucket = `plumbing-${++buckets}`
  if (kind === 's3') await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  const environment = {
    PARTWAY_API: aws.apiUrl,
    AWS_ENDPOINT_URL_S3: aws.s3Url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  const run = (args: string[]) => runHere(args.map(inFolder), environment)
  return {
    folder,
    place: { bucket, s3 },
    run,
    /** How the upload is named; an API chooses the key. */
    named: (key?: string) => (kind === 's3' ? [`s3://${bucket}/films/a film.mov`] : key ? [key] : []),
    async json(...args: string[]): Promise<Answer> {
      const { code, stdout, stderr } = await run(args)
      if (code !== 0) throw new Error(`${args.join(' ')}: ${code}, ${stderr}`)
      return JSON.parse(stdout)
    },
  }
}

/** Straight from the store, which its location tells. */
async function content({ s3 }: Place, { location }: Answer): Promise<Buffer> {
  const [, bucket, ...segments] = new URL(location).pathname.split('/').map(decodeURIComponent)
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: segments.join('/') }))
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}
