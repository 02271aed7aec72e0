import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import { createClient, openFile, type UploadOptions, type UploadResult } from '../../client/node/index.ts'
import { pseudoRandom } from '../client/servers.ts'
import { type Api, startApi } from './api.ts'
import { contract } from './contract.ts'
import { type CorruptingProxy, startCorruptingProxy } from './corrupting-proxy.ts'
import { engineName } from './engine.ts'
import type { Target } from './target.ts'

/** The client and the API's own functions, before the store. */

const MIB = 1024 * 1024
const FILM = pseudoRandom(17 * MIB)
/** Goes in one PUT. */
const CLIP = FILM.subarray(0, MIB)
/** Of four parts. */
const PART_BYTES = 5 * MIB

/** Whether the store computes checksums of its own, or has nothing but ETags to say what it holds. */
const keepsChecksums = engineName !== 'rgw'

contract(
  'an upload is proved by the checksum, or by the ETags of a store that keeps none',
  async (target) => {
    const result = await uploadFilm(target)
    if (keepsChecksums) {
      expect(result).toMatchObject({ verified: 'checksum', downgraded: undefined })
      expect(result.checksum?.algorithm).toBe('CRC32')
    } else {
      expect(result).toMatchObject({ verified: 'etag', checksum: undefined })
      expect(result.downgraded).toMatch(/keeps no checksum/)
    }
  },
)

for (const [what, film] of [
  ['in parts', FILM],
  ['in one PUT', CLIP],
] as const) {
  for (const checksum of ['CRC64NVME', 'CRC32', 'CRC32C'] as const) {
    contract(`an upload ${what} is proved by the ${checksum} that it was asked for`, async (target) => {
      const result = await uploadFilm(target, { checksum }, film)
      expect(result.verified).toBe(keepsChecksums ? 'checksum' : 'etag')
      expect(result.checksum?.algorithm).toBe(keepsChecksums ? checksum : undefined)
    })
  }

  contract(`an upload ${what} that is to have no checksum is proved by its ETags`, async (target) => {
    const { verified, downgraded } = await uploadFilm(target, { checksum: 'NONE' }, film)
    expect({ verified, downgraded }).toEqual({ verified: 'etag', downgraded: expect.any(String) })
  })
}

contract('a part that is corrupted on the way is found, and sent again alone', async (target, skip) => {
  const { proxy } = await linkTo(target)
  if (!proxy) return skip('nothing corrupts what travels to AWS by TLS')
  const before = proxy.passed.length
  proxy.corrupt(2)
  const { verified } = await uploadFilm(target)
  expect(verified).toBe(keepsChecksums ? 'checksum' : 'etag')
  const passed = proxy.passed.slice(before)
  expect(passed.map(({ partNumber }) => partNumber).toSorted()).toEqual([1, 2, 2, 3, 4])
  expect(passed.filter(({ corrupted }) => corrupted)).toEqual([
    { partNumber: 2, corrupted: true, status: 200 },
  ])
})

contract(
  'a part whose checksum is signed is refused at once where it was corrupted',
  async (target, skip) => {
    const { proxy } = await linkTo(target)
    if (!proxy) return skip('nothing corrupts what travels to AWS by TLS')
    const before = proxy.passed.length
    proxy.corrupt(2)
    const { verified } = await uploadFilm(target, { integrity: 'signed' })
    expect(verified).toBe(keepsChecksums ? 'checksum' : 'etag')
    const passed = proxy.passed.slice(before)
    expect(passed.map(({ partNumber }) => partNumber).toSorted()).toEqual([1, 2, 2, 3, 4])
    const [refused] = passed.filter(({ corrupted }) => corrupted)
    expect(refused).toMatchObject(keepsChecksums ? { status: 400, code: 'BadDigest' } : { status: 200 })
  },
)

contract('a file in one PUT that is corrupted on the way is sent again', async (target, skip) => {
  const { proxy } = await linkTo(target)
  if (!proxy) return skip('nothing corrupts what travels to AWS by TLS')
  const before = proxy.passed.length
  proxy.corrupt('whole')
  const { verified } = await uploadFilm(target, {}, CLIP)
  expect(verified).toBe(keepsChecksums ? 'checksum' : 'etag')
  expect(proxy.passed.slice(before)).toMatchObject([
    keepsChecksums ? { corrupted: true, status: 400, code: 'BadDigest' } : { corrupted: true, status: 200 },
    { corrupted: false, status: 200 },
  ])
})

interface Link {
  readonly api: Api
  /** Absent before AWS itself, which only a signed host and TLS reach. */
  readonly proxy: CorruptingProxy | undefined
}

let link: Promise<Link> | undefined
// The functions log each call.
beforeAll(() => void vi.spyOn(console, 'log').mockImplementation(() => {}))
afterAll(async () => {
  const { api, proxy } = (await link) ?? {}
  await api?.close()
  await proxy?.close()
})

function linkTo(target: Target): Promise<Link> {
  const open = async () => {
    const { endpoint } = target.engine
    const proxy = endpoint === undefined ? undefined : await startCorruptingProxy(endpoint)
    return { api: await startApi(target, proxy?.url), proxy }
  }
  link ??= open()
  return link
}

/** Sends the film through the client and the API; what the store then has is the film, or this throws. */
async function uploadFilm(target: Target, options?: UploadOptions, film = FILM): Promise<UploadResult> {
  const { api } = await linkTo(target)
  const folder = await mkdtemp(join(tmpdir(), 'partway-upload-'))
  const path = join(folder, 'film.mov')
  await writeFile(path, film)
  const source = await openFile(path)
  const client = createClient({ url: api.url, state: join(folder, 'state') })
  try {
    const result = await client.upload(source, { partSize: PART_BYTES, ...options }).result
    const { Body } = await target.s3.getObject({ Bucket: target.Bucket, Key: result.key })
    expect(film.equals((await Body?.transformToByteArray()) ?? new Uint8Array())).toBe(true)
    return result
  } finally {
    client.close()
    await source.close()
    await rm(folder, { recursive: true })
  }
}
