import { describe, expect, test } from 'vitest'
import { toBase64 } from '../../checksums/base64.ts'
import { createCrc } from '../../checksums/crc.ts'
import { MIB } from '../../protocol/limits.ts'
import { routes } from '../../protocol/routes.ts'
import { ask, call, useLocalAws } from './local-aws.ts'
import { at, content, initiate, initiateSingle, sendParts, sendSingle } from './uploads.ts'

const aws = useLocalAws()

const film = content(20 * MIB + 1)
const crcOf = (bytes: Uint8Array) => toBase64(createCrc('CRC64NVME').update(bytes).digest())
const checksum = { algorithm: 'CRC64NVME', value: crcOf(film) }

describe('a file in parts', () => {
  test('goes straight to S3, is completed against its checksum, and comes back as it was', async () => {
    const upload = await initiate(aws.apiUrl, film, { fileName: 'Été/映画 1.mp4', contentType: 'video/mp4' })
    expect(upload).toMatchObject({ partSize: 8 * MIB, partCount: 3, checksumAlgorithm: 'CRC64NVME' })
    expect(Date.parse(upload.abortDate ?? '')).toBeGreaterThan(Date.now() + 6 * 86_400_000)
    await sendParts(upload, film)

    const { path } = at(upload)
    const completed = await ask(aws.apiUrl, routes.complete, { path, body: { key: upload.key, checksum } })
    expect(completed).toMatchObject({ key: upload.key, size: film.length, checksum })
    expect(completed.etag).toMatch(/^[0-9a-f]{32}-3$/)
    expect(completed.location).not.toContain('?')

    const download = await ask(aws.apiUrl, routes.download, { body: { key: upload.key } })
    expect(download).toMatchObject({
      fileName: 'Été/映画 1.mp4',
      size: film.length,
      etag: completed.etag,
      checksum,
      contentType: 'video/mp4',
      partCount: 3,
      partSize: 8 * MIB,
    })
    const response = await fetch(download.url)
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="_t_____1.mp4"; filename*=UTF-8''%C3%89t%C3%A9_%E6%98%A0%E7%94%BB%201.mp4`,
    )
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), film)).toBe(0)
  })

  test('shows what S3 holds of it, and is not completed while parts are missing or short', async () => {
    const upload = await initiate(aws.apiUrl, film)
    await sendParts(upload, film, [2])

    const { parts, ...listed } = await ask(aws.apiUrl, routes['list-parts'], {
      ...at(upload),
      body: undefined,
    })
    expect(listed).toMatchObject({
      size: film.length,
      partSize: 8 * MIB,
      partCount: 3,
      checksumAlgorithm: 'CRC64NVME',
    })
    expect(parts).toEqual([
      {
        partNumber: 2,
        size: 8 * MIB,
        etag: expect.stringMatching(/^[0-9a-f]{32}$/),
        checksum: { algorithm: 'CRC64NVME', value: crcOf(film.subarray(8 * MIB, 16 * MIB)) },
      },
    ])
    const { path, body } = at(upload)
    expect(await call(aws.apiUrl, routes.complete, { path, body })).toMatchObject({
      status: 409,
      body: { type: 'urn:partway:problem:parts-missing', missing: [1, 3], mismatched: [] },
    })
    const parts409 = [{ partNumber: 2, etag: '"00000000000000000000000000000000"' }]
    expect(
      await call(aws.apiUrl, routes.complete, { path, body: { ...body, parts: parts409 } }),
    ).toMatchObject({
      status: 409,
      body: { missing: [1, 3], mismatched: [2] },
    })
  })

  test('that differs from its checksum is refused, and kept', async () => {
    const upload = await initiate(aws.apiUrl, film)
    await sendParts(upload, film)
    const { path, body } = at(upload)
    const wrong = { ...checksum, value: crcOf(film.subarray(1)) }
    expect(
      await call(aws.apiUrl, routes.complete, { path, body: { ...body, checksum: wrong } }),
    ).toMatchObject({
      status: 422,
      body: { type: 'urn:partway:problem:checksum-mismatch' },
    })
    expect(await ask(aws.apiUrl, routes.complete, { path, body: { ...body, checksum } })).toMatchObject({
      checksum,
    })
  })

  test('completed twice is completed once', async () => {
    const upload = await initiate(aws.apiUrl, film)
    await sendParts(upload, film)
    const { path, body } = at(upload)
    const first = await ask(aws.apiUrl, routes.complete, { path, body })
    expect(await ask(aws.apiUrl, routes.complete, { path, body })).toEqual(first)
  })

  test('aborted is gone, also the second time; completed is not touched', async () => {
    const { path, query, body } = await initiate(aws.apiUrl, film).then(at)
    expect(await call(aws.apiUrl, routes.abort, { path, query })).toMatchObject({
      status: 204,
      body: undefined,
    })
    expect((await call(aws.apiUrl, routes.abort, { path, query })).status).toBe(204)
    for (const [route, request] of [
      [routes['list-parts'], { path, query }],
      [routes.complete, { path, body }],
    ] as const) {
      expect(await call(aws.apiUrl, route, request)).toMatchObject({
        status: 404,
        body: { type: 'urn:partway:problem:upload-unknown' },
      })
    }

    const upload = await initiate(aws.apiUrl, film)
    await sendParts(upload, film)
    const done = at(upload)
    await ask(aws.apiUrl, routes.complete, { path: done.path, body: done.body })
    expect((await call(aws.apiUrl, routes.abort, { path: done.path, query: done.query })).status).toBe(204)
    expect((await call(aws.apiUrl, routes.download, { body: done.body })).status).toBe(200)
  })

  test('without a checksum algorithm takes none', async () => {
    const upload = await initiate(aws.apiUrl, film, { fileName: 'film.mp4', checksumAlgorithm: 'NONE' })
    await sendParts(upload, film)
    const { path, body } = at(upload)
    expect(await call(aws.apiUrl, routes.complete, { path, body: { ...body, checksum } })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('Expected no checksum') },
    })
    expect(await ask(aws.apiUrl, routes.complete, { path, body })).toMatchObject({ size: film.length })
  })
})

describe('a small file', () => {
  test.each([0, 1, 8 * MIB])('of %i bytes is one PUT, whose headers S3 insists on', async (size) => {
    const bytes = content(size)
    const single = await initiateSingle(aws.apiUrl, size, {
      fileName: 'note.txt',
      contentType: 'text/plain',
      metadata: { author: 'Zoë' },
      checksum: { algorithm: 'CRC64NVME', value: crcOf(bytes) },
    })
    expect(Object.keys(single.headers).sort()).toEqual([
      'content-type',
      'if-none-match',
      'x-amz-checksum-crc64nvme',
      'x-amz-meta-author',
      'x-amz-meta-file-name',
    ])
    const { 'x-amz-meta-author': _, ...fewer } = single.headers
    expect(await sendSingle({ ...single, headers: fewer }, bytes)).toBe(403)
    expect(await sendSingle(single, content(size + 1))).toBe(403)
    expect(await sendSingle(single, bytes)).toBe(200)
    expect(await sendSingle(single, bytes)).toBe(412)

    const download = await ask(aws.apiUrl, routes.download, { body: { key: single.key } })
    expect(download).toMatchObject({ fileName: 'note.txt', size, contentType: 'text/plain' })
    expect(Buffer.compare(Buffer.from(await (await fetch(download.url)).arrayBuffer()), bytes)).toBe(0)
  })

  test('one byte over a part goes in two', async () => {
    const upload = await initiate(aws.apiUrl, content(8 * MIB + 1))
    expect(upload.partCount).toBe(2)
  })
})

describe('lists', () => {
  test('give unfinished uploads and finished files a page at a time', async () => {
    const fresh = await Promise.all(
      ['a', 'b', 'c'].map((fileName) => initiate(aws.apiUrl, film, { fileName })),
    )
    const [first] = fresh
    if (first) await sendParts(first, film, [1, 3])

    const uploads = await pages('list-uploads', { limit: '2', details: '1' })
    expect(uploads.map(({ key }) => key)).toEqual(expect.arrayContaining(fresh.map(({ key }) => key)))
    expect(new Set(uploads.map(({ key }) => key)).size).toBe(uploads.length)
    expect(uploads.find(({ key }) => key === first?.key)).toMatchObject({
      fileName: 'a',
      size: film.length,
      partSize: 8 * MIB,
      parts: 2,
      bytes: 12 * MIB + 1,
      abortDate: first?.abortDate,
    })
    expect(first?.abortDate).toBeDefined()

    const names = ['x.txt', 'y.txt', 'z.txt']
    for (const fileName of names)
      await sendSingle(await initiateSingle(aws.apiUrl, 1, { fileName }), content(1))
    const objects = await pages('list-objects', { limit: '2' })
    expect(objects.map(({ fileName }) => fileName)).toEqual(expect.arrayContaining(names))
    expect(new Set(objects.map(({ key }) => key)).size).toBe(objects.length)
  })

  async function pages(name: 'list-uploads' | 'list-objects', query: Record<string, string>) {
    const all: { key: string; fileName: string }[] = []
    for (let cursor: string | undefined, page = 0; page === 0 || cursor; page++) {
      const request = { query: { ...query, ...(cursor && { cursor }) } }
      const answer =
        name === 'list-uploads'
          ? await ask(aws.apiUrl, routes['list-uploads'], request)
          : await ask(aws.apiUrl, routes['list-objects'], request)
      const items = 'uploads' in answer ? answer.uploads : answer.objects
      expect(items.length).toBeLessThanOrEqual(2)
      all.push(...items)
      cursor = answer.next
    }
    return all
  }
})
