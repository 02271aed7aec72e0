import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RecordError } from '../../client/errors.ts'
import { fileRecords, stateFolder } from '../../client/node/records.ts'
import type { UploadRecord } from '../../client/ports.ts'
import { temporaryFolder } from './servers.ts'

const record: UploadRecord = {
  version: 1,
  endpoint: 'https://api.example',
  sourceId: '/home/me/film.mov',
  identity: { size: '20', changed: '2026-11-21T00:00:00.000000001Z', inode: '7' },
  key: 'uploads/public/x/film.mov',
  uploadId: 'u',
  size: 20,
  partSize: 10,
  checksumAlgorithm: 'CRC64NVME',
  parts: { 2: { etag: 'e', crc: 'AAAAAAAAAAA=' } },
}
const { endpoint, sourceId } = record

test('a record comes back as it was kept, for its endpoint and source alone', async () => {
  const records = fileRecords(await temporaryFolder())
  expect(await records.load(endpoint, sourceId)).toBeUndefined()
  await records.save(record)
  await records.save({ ...record, parts: {} })
  await records.save(record)
  expect(await records.load(endpoint, sourceId)).toEqual(record)
  expect(await records.load('https://other.example', sourceId)).toBeUndefined()
  expect(await records.load(endpoint, '/home/me/other.mov')).toBeUndefined()
})

test('records are for their owner alone, and nothing else lies beside them', async () => {
  const folder = await temporaryFolder()
  await fileRecords(folder).save(record)
  const [name = ''] = await readdir(join(folder, 'uploads'))
  expect(await readdir(join(folder, 'uploads'))).toHaveLength(1)
  expect((await stat(join(folder, 'uploads', name))).mode & 0o777).toBe(0o600)
  expect((await stat(join(folder, 'uploads'))).mode & 0o777).toBe(0o700)
})

test('removing is harmless when repeated', async () => {
  const records = fileRecords(await temporaryFolder())
  await records.save(record)
  await records.remove(endpoint, sourceId)
  await records.remove(endpoint, sourceId)
  expect(await records.load(endpoint, sourceId)).toBeUndefined()
})

test.each(['', '{"version":1', '{"version":2}'])('a file that holds %j is no record', async (text) => {
  const folder = await temporaryFolder()
  const records = fileRecords(folder)
  await records.save(record)
  const [name = ''] = await readdir(join(folder, 'uploads'))
  await writeFile(join(folder, 'uploads', name), text)
  await expect(records.load(endpoint, sourceId)).rejects.toThrow(RecordError)
})

test('no record holds a URL of the store, or a credential', async () => {
  const folder = await temporaryFolder()
  await fileRecords(folder).save(record)
  const [name = ''] = await readdir(join(folder, 'uploads'))
  const kept: object = JSON.parse(await readFile(join(folder, 'uploads', name), 'utf8'))
  expect(Object.keys(kept).sort()).toEqual(Object.keys(record).sort())
})

test.each([
  [{ PARTWAY_STATE: '/a', XDG_STATE_HOME: '/b' }, '/a'],
  [{ XDG_STATE_HOME: '/b' }, '/b/partway'],
  [{}, /\/\.local\/state\/partway$/],
])('%j keeps records in %s', (environment, expected) => {
  expect(stateFolder(environment)).toMatch(expected)
})
