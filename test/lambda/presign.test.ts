import * as v from 'valibot'
import { expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { formatKey } from '../../protocol/object-key.ts'
import { plan } from '../../protocol/part-plan.ts'
import { routes } from '../../protocol/routes.ts'
import { PresignResponse } from '../../protocol/schemas.ts'
import { unpackSignedParts } from '../../protocol/signed-parts.ts'
import './environment.ts'
import { invoke } from './invoke.ts'

const { handler } = await import('../../lambda/presign.ts')

const ID = '019aa3b0-1234-7abc-8def-0123456789ab'
const path = { uploadId: 'upload-1' }

test('10,000 parts are signed in one answer under 512 KB, each at the size its plan gives it', async () => {
  const whole = plan(83_886_080_000 - 1, 8 * MIB)
  const { status, body } = await presign({ key: keyOf(whole), parts: { from: 1, to: 10_000 } })

  expect(status).toBe(200)
  expect(JSON.stringify(body).length).toBeLessThan(512_000)
  const parts = [...unpackSignedParts(v.parse(PresignResponse, body).signed, whole)]
  expect(parts).toHaveLength(10_000)
  expect(parts[0]).toMatchObject({ partNumber: 1, size: 8 * MIB })
  expect(parts[9_999]).toMatchObject({ partNumber: 10_000, size: 8 * MIB - 1 })
})

test('packed and full URLs are the same URLs', async () => {
  const upload = plan(20 * MIB, 8 * MIB)
  const key = keyOf(upload)
  const urls = async (parts: unknown, query?: string) => {
    const { signed } = v.parse(PresignResponse, (await presign({ key, parts }, query)).body)
    return [...unpackSignedParts(signed, upload)].map(({ url, ...part }) => ({
      ...part,
      ...withoutTime(url),
    }))
  }
  const packed = await urls({ from: 1, to: 3 })
  expect(packed.map(({ size }) => size)).toEqual([8 * MIB, 8 * MIB, 4 * MIB])
  expect(await urls({ from: 1, to: 3 }, 'format=urls')).toEqual(packed)
  expect(await urls([1, 2, 3])).toEqual(packed)
})

test('a checksum is signed into its part as a header that has to be sent', async () => {
  const key = keyOf(plan(20 * MIB, 8 * MIB))
  const { body } = await presign({ key, parts: [2, 3], checksums: { 2: 'rosUhgp5mIg=' } })
  const { signed } = v.parse(PresignResponse, body)
  if (!('parts' in signed)) throw new Error('Expected full URLs.')
  expect(signed.parts.map(({ headers }) => headers)).toEqual([
    { 'x-amz-checksum-crc64nvme': 'rosUhgp5mIg=' },
    {},
  ])
  expect(new URL(signed.parts[0]?.url ?? '').searchParams.get('X-Amz-SignedHeaders')).toBe(
    'content-length;host;x-amz-checksum-crc64nvme',
  )
})

const key = keyOf(plan(20 * MIB, 8 * MIB))
test.each([
  ['part 0', { key, parts: { from: 0, to: 1 } }, 400, 'invalid-request'],
  ['part 10,001', { key, parts: [10_001] }, 400, 'invalid-request'],
  ['a part outside the plan', { key, parts: [4] }, 400, 'invalid-request'],
  ['a window outside the plan', { key, parts: { from: 1, to: 4 } }, 400, 'invalid-request'],
  ['a window that ends before it begins', { key, parts: { from: 2, to: 1 } }, 400, 'invalid-request'],
  ['no parts', { key, parts: [] }, 400, 'invalid-request'],
  ['a part twice', { key, parts: [1, 1] }, 400, 'invalid-request'],
  [
    'a checksum of another part',
    { key, parts: [1], checksums: { 2: 'rosUhgp5mIg=' } },
    400,
    'invalid-request',
  ],
  [
    'a CRC32 that is not said to be one',
    { key, parts: [1], checksums: { 1: 'AAAAAA==' } },
    400,
    'invalid-request',
  ],
  ['a checksum that is none', { key, parts: [1], checksums: { 1: 'x' } }, 400, 'invalid-request'],
  ["another caller's key", { key: key.replace('public', 'other'), parts: [1] }, 403, 'key-not-yours'],
  ['a key not of our making', { key: 'uploads/public/film.mp4', parts: [1] }, 403, 'key-not-yours'],
])('%s is refused', async (_, body, status, type) => {
  const answer = await presign(body)
  expect(answer.status).toBe(status)
  expect(answer.body).toMatchObject({ type: `urn:partway:problem:${type}`, requestId: 'request-1' })
})

test('more than 1,000 full URLs are refused, and packed ones are not', async () => {
  const large = keyOf(plan(1_001 * 8 * MIB, 8 * MIB))
  const parts = { from: 1, to: 1_001 }
  expect(await presign({ key: large, parts }, 'format=urls')).toMatchObject({
    status: 400,
    body: { type: 'urn:partway:problem:too-many-parts' },
  })
  expect((await presign({ key: large, parts })).status).toBe(200)
})

function presign(body: unknown, query = '') {
  return invoke(handler, routes.presign, { path, query, body })
}

function keyOf(upload: ReturnType<typeof plan>): string {
  return formatKey({ prefix: 'uploads', caller: 'public', id: ID, plan: upload, fileName: 'film.mp4' })
}

/** Two calls can fall into two seconds, and then sign two times. */
function withoutTime(url: string): { url: string; signature: number | undefined } {
  const parsed = new URL(url)
  const signature = parsed.searchParams.get('X-Amz-Signature')?.length
  for (const name of ['X-Amz-Date', 'X-Amz-Signature']) parsed.searchParams.delete(name)
  return { url: parsed.href, signature }
}
