import { createHash } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FileExistsError, IntegrityError } from '../../client/node/index.ts'
import { damage, flipByte, MIB, openSetting, type Setting } from './download-setting.ts'
import { pseudoRandom } from './servers.ts'

const object = pseudoRandom(5 * MIB + 3)
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest()

/** A store that keeps no checksums, with an object from a single PUT. */
const single: Setting = {
  object,
  etag: md5(object).toString('hex'),
  answer: { checksum: undefined, partSize: undefined },
}
const parts = Array.from({ length: 3 }, (_, at) => object.subarray(at * 2 * MIB, (at + 1) * 2 * MIB))
/** With one from parts. */
const multipart: Setting = {
  object,
  etag: `${md5(Buffer.concat(parts.map(md5))).toString('hex')}-3`,
  answer: { checksum: undefined, partSize: 2 * MIB, partCount: 3 },
}
const kms = { 'x-amz-server-side-encryption': 'aws:kms' }

test.each([
  ['a single PUT', single],
  ['parts', multipart],
])('without a checksum, an object from %s is compared by its ETag', async (_, setting) => {
  const { begin } = await openSetting(setting)
  const { path, verified, downgraded } = await begin().result
  expect({ verified, downgraded }).toEqual({
    verified: 'etag',
    downgraded: 'The store keeps no checksum of the object.',
  })
  expect((await readFile(path)).equals(object)).toBe(true)
})

test.each([
  ['a single PUT', single],
  ['parts', multipart],
])('and one from %s that was stopped midway too', async (_, setting) => {
  const { begin, beginAndStop } = await openSetting(setting)
  const run = await beginAndStop(3 * MIB)
  const { bytesReceived } = run.snapshot()
  expect(bytesReceived % (2 * MIB)).not.toBe(0)
  expect(await begin().result).toMatchObject({ bytesResumed: bytesReceived, verified: 'etag' })
})

test.each([
  ['a single PUT', single],
  ['parts', multipart],
])('bytes of one from %s that arrive damaged each time do not get the name', async (_, setting) => {
  const { folder, begin } = await openSetting({
    ...setting,
    trouble: (request, response) => damage(object, request, response),
  })
  await expect(begin().result).rejects.toThrow(IntegrityError)
  expect(await readdir(folder)).toEqual([])
})

test.each([
  ['a single PUT', single],
  ['parts', multipart],
])('a part file of one from %s that was edited since is found out, and begun anew', async (_, setting) => {
  const { folder, begin, beginAndStop } = await openSetting(setting)
  await beginAndStop(3 * MIB)
  await flipByte(join(folder, 'film.mov.part'), 100)
  const run = begin()
  const reasons: string[] = []
  run.on('restarted', ({ reason }) => reasons.push(reason))
  const { path, verified } = await run.result
  expect({ verified, reasons }).toEqual({
    verified: 'etag',
    reasons: ['what is there is not what the store holds'],
  })
  expect((await readFile(path)).equals(object)).toBe(true)
})

test('an ETag that encryption makes no MD5 is not compared, and that is said', async () => {
  const { folder, ranges, begin } = await openSetting({ ...single, etag: 'a'.repeat(32), headers: kms })
  const run = begin()
  const path = join(folder, 'film.mov')
  run.on('started', () => void writeFile(path, 'mine'))
  await expect(run.result).rejects.toThrow(FileExistsError)
  await rm(path)
  const asked = ranges.length
  expect(await begin().result).toMatchObject({
    verified: 'size',
    downgraded: expect.stringContaining('its ETag is no MD5'),
  })
  expect(ranges).toHaveLength(asked)
})

test.each([
  ['no MD5 at all', { ...single, etag: 'version-7' }],
  ['of parts that are not known', { ...multipart, answer: { ...multipart.answer, partCount: 4 } }],
])('nor is an ETag that is %s', async (_, setting) => {
  const { begin } = await openSetting(setting)
  expect(await begin().result).toMatchObject({
    verified: 'size',
    downgraded: expect.stringContaining('is not known'),
  })
})
