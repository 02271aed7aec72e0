import { expect, test } from 'vitest'
import { toBase64 } from '../../checksums/base64.ts'
import { createCrc } from '../../checksums/crc.ts'
import { fileSource } from '../../client/browser/source.ts'
import { SourceChangedError } from '../../client/errors.ts'
import { compareIdentity } from '../../client/identity.ts'

const { signal } = new AbortController()
const bytes = Uint8Array.from({ length: 3_000_000 }, (_, at) => (at * 31) % 251)
const lastModified = Date.UTC(2026, 10, 21)
const MIB = 1024 * 1024
const crc64 = (start: number, end: number) =>
  toBase64(createCrc('CRC64NVME').update(bytes.subarray(start, end)).digest())
const film = () => new File([bytes], 'film.mov', { type: 'video/quicktime', lastModified })

test('a file is known again by its name, size and time of change', async () => {
  const source = fileSource(film())
  expect(source).toMatchObject({ name: 'film.mov', size: 3_000_000, contentType: 'video/quicktime' })
  expect(await source.identify(signal)).toEqual({
    name: 'film.mov',
    size: '3000000',
    lastModified: '2026-11-21T00:00:00.000Z',
    ends: `${crc64(0, MIB)} ${crc64(bytes.length - MIB, bytes.length)}`,
  })
  expect(fileSource(film()).id).toBe(source.id)
  expect(fileSource(new File([bytes], 'film.mov', { lastModified: lastModified + 1 })).id).not.toBe(source.id)
  expect(fileSource(new File([bytes], 'other.mov', { lastModified })).id).not.toBe(source.id)
  expect(fileSource(new File([], 'film', { lastModified })).contentType).toBeUndefined()
})

test('a file is sent under its path where that is said, and is another under each', async () => {
  const source = fileSource(film(), 'films/film.mov')
  expect(source.name).toBe('films/film.mov')
  expect((await source.identify(signal)).name).toBe('films/film.mov')
  expect(source.id).not.toBe(fileSource(film()).id)
  expect(source.id).toBe(fileSource(film(), 'films/film.mov').id)
})

test('files that agree in all that are told apart by their first and their last MiB', async () => {
  const identity = await fileSource(film()).identify(signal)
  for (const [at, verdict] of [
    [0, 'another'],
    [MIB - 1, 'another'],
    [MIB, 'same'],
    [bytes.length - MIB, 'another'],
    [bytes.length - 1, 'another'],
  ] as const) {
    const other = bytes.with(at, 255)
    const now = await fileSource(new File([other], 'film.mov', { lastModified })).identify(signal)
    const compare = () => compareIdentity('film.mov', identity, now)
    if (verdict === 'same') expect(compare()).toBe('same')
    else expect(compare).toThrow(/got another: ends was .{12} .{12}, is .{12} .{12}\. Put/)
  }
  const tiny = new File(['abc'], 'tiny')
  expect((await fileSource(tiny).identify(signal)).ends).toMatch(/^(.{12}) \1$/)
})

test('a file is read for its identity once, and no longer than that is wanted', async () => {
  const file = film()
  const source = fileSource(file)
  await expect(source.identify(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  const identity = await source.identify(signal)
  file.slice = () => {
    throw new Error('read again')
  }
  expect(await source.identify(signal)).toBe(identity)
})

test('its slices and their CRCs are those of its bytes', async () => {
  const source = fileSource(film())
  expect(new Uint8Array(await source.slice(5, 2_500_000).arrayBuffer())).toEqual(bytes.subarray(5, 2_500_000))
  expect(await source.crc('CRC64NVME', 5, 2_500_000, signal)).toEqual(
    createCrc('CRC64NVME').update(bytes.subarray(5, 2_500_000)).digest(),
  )
  await source.verify()
})

test('a file that the browser will not read any more has changed', async () => {
  const file = film()
  file.slice = () => {
    const blob = new Blob(['x'])
    const arrayBuffer = () => Promise.reject(new DOMException('', 'NotReadableError'))
    return Object.assign(blob, { arrayBuffer, slice: () => blob })
  }
  await expect(fileSource(file).verify()).rejects.toThrow(SourceChangedError)
  await expect(fileSource(file).crc('CRC64NVME', 0, 10, signal)).rejects.toThrow('Pick it again.')
})
