import { ListObjectsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SortedMap } from '../../local/s3/store/sorted-map.ts'
import { BUCKET, expectError, startTestS3, type TestS3 } from './s3-harness.ts'

const Bucket = BUCKET

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** The listing in one piece, by its definition. */
function expected(keys: readonly string[], prefix: string, delimiter: string, after: string): string[] {
  const lines = [...keys]
    .sort(byBytes)
    .filter((key) => key.startsWith(prefix) && byBytes(key, after) > 0)
    .map((key) => {
      const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
      return at < 0 ? `key ${key}` : `prefix ${key.slice(0, at + delimiter.length)}`
    })
  return [...new Set(lines)].filter((line) => line !== `prefix ${after}`)
}

/** The listing page by page, sorted as one. */
async function listed(s3: TestS3, Prefix: string, Delimiter: string, StartAfter: string, MaxKeys: number) {
  const lines: string[] = []
  let ContinuationToken: string | undefined
  do {
    const page = await s3.client.send(
      new ListObjectsV2Command({ Bucket, Prefix, Delimiter, StartAfter, MaxKeys, ContinuationToken }),
    )
    const found = [
      ...(page.Contents ?? []).map((each) => `key ${each.Key}`),
      ...(page.CommonPrefixes ?? []).map((each) => `prefix ${each.Prefix}`),
    ]
    expect(found.length).toBe(page.KeyCount)
    expect(found.length).toBeLessThanOrEqual(MaxKeys)
    lines.push(...found.sort((a, b) => byBytes(a.replace(/^\w+ /, ''), b.replace(/^\w+ /, ''))))
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken !== undefined)
  return lines
}

describe('ListObjectsV2', () => {
  test('is the listing of its definition, page by page, for any prefix, delimiter and start', async () => {
    const s3 = await startTestS3()
    const keys = [
      'a',
      'a/',
      'a/b',
      'a/b/c',
      'a/b/d',
      'a//',
      'ab',
      'a-b/x',
      'b/a',
      'b/\u{1F3AC}',
      'b/\uE000',
      'é',
      '/',
      'z&<>"/q',
    ]
    for (const Key of keys) await s3.client.send(new PutObjectCommand({ Bucket, Key, Body: Key }))
    const some = fc.constantFrom('', 'a', 'a/', 'a/b', 'b/', '/', 'é', 'nothing')
    await fc.assert(
      fc.asyncProperty(
        some,
        fc.constantFrom('', '/', 'b', '//'),
        fc.oneof(some, fc.constantFrom(...keys)),
        fc.integer({ min: 1, max: 5 }),
        async (prefix, delimiter, after, maxKeys) => {
          const lines = await listed(s3, prefix, delimiter, after, maxKeys)
          expect(lines).toEqual(expected(keys, prefix, delimiter, after))
        },
      ),
      { numRuns: 60 },
    )
  })

  test('encodes keys on demand, and tells size, ETag and time', async () => {
    const s3 = await startTestS3()
    await s3.client.send(new PutObjectCommand({ Bucket, Key: 'a b/\u0001é+', Body: 'x' }))
    const page = await s3.client.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url' }))
    expect(page.Contents).toEqual([
      expect.objectContaining({
        Key: 'a+b/%01%C3%A9%2B',
        Size: 1,
        ETag: '"9dd4e461268c8034f5c8564e155c67a6"',
        LastModified: expect.any(Date),
      }),
    ])
  })

  test('refuses a foreign token, and numbers that are none', async () => {
    const s3 = await startTestS3()
    const list = (input: object) => s3.client.send(new ListObjectsV2Command({ Bucket, ...input }))
    await expectError(list({ ContinuationToken: '!' }), 'InvalidArgument', 400)
    await expectError(list({ MaxKeys: -1 }), 'InvalidArgument', 400)
    await expectError(list({ EncodingType: 'html' as 'url' }), 'InvalidArgument', 400)
    expect((await list({ MaxKeys: 0 })).KeyCount).toBe(0)
  })
})

test('the first version of the listing goes on from its marker', async () => {
  const s3 = await startTestS3()
  for (const Key of ['a/1', 'a/2', 'b', 'c'])
    await s3.client.send(new PutObjectCommand({ Bucket, Key, Body: Key }))
  const first = await s3.client.send(new ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 2 }))
  expect(first).toMatchObject({ CommonPrefixes: [{ Prefix: 'a/' }], NextMarker: 'b', IsTruncated: true })
  const second = await s3.client.send(new ListObjectsCommand({ Bucket, Delimiter: '/', Marker: 'b' }))
  expect(second.Contents?.map(({ Key }) => Key)).toEqual(['c'])
})

test('50,000 keys are found in order without a walk over all of them', () => {
  const map = new SortedMap<number>()
  for (let number = 0; number < 50_000; number++) map.set(`key/${(number * 7919) % 50_000}`, number)
  map.delete('key/10')
  expect(map.size).toBe(49_999)
  expect(map.seek('key/10')?.order).toBe('key/100')
  expect(map.seek('key/9999\0')).toBeUndefined()
})
