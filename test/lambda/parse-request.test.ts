import { expect, test } from 'vitest'
import { routes } from '../../protocol/routes.ts'
import './environment.ts'
import { type Answer, invoke, type Request } from './invoke.ts'

const [{ handler: initiate }, { handler: listUploads }, { handler: describe }] = await Promise.all([
  import('../../lambda/initiate.ts'),
  import('../../lambda/list-uploads.ts'),
  import('../../lambda/describe.ts'),
])

const file = { fileName: 'film.mp4', size: 1 }

test.each<[string, Request, string]>([
  ['no body', {}, 'Expected a JSON object as body, got no body.'],
  ['a body that is not JSON', { body: '{"size": 1' }, 'something that is not JSON'],
  ['a body that is no object', { body: '[]' }, 'Expected a JSON object as body, got [].'],
  [
    'an unknown field',
    { body: { ...file, filename: 'x' } },
    'body.filename: unknown; expected only fileName, size',
  ],
  ['a missing field', { body: { size: 1 } }, 'body.fileName: missing'],
  ['a negative size', { body: { ...file, size: -1 } }, 'body.size: expected >=0, got -1.'],
  ['a fractional size', { body: { ...file, size: 1.5 } }, 'body.size: '],
  ['a size in text', { body: { ...file, size: '1' } }, 'body.size: expected number, got "1".'],
  ['an empty name', { body: { ...file, fileName: '' } }, 'body.fileName: '],
  ['a name of 1,025 bytes', { body: { ...file, fileName: 'é'.repeat(513) } }, 'body.fileName: '],
  ['a content type with a line break', { body: { ...file, contentType: 'a\r\nb: c' } }, 'body.contentType: '],
  ['a part size of 4 MiB', { body: { ...file, partSize: 4_194_304 } }, 'whole number of MiB from 5 MiB'],
  ['an unknown algorithm', { body: { ...file, checksumAlgorithm: 'MD5' } }, '"CRC64NVME" | "CRC32"'],
  [
    'a checksum that is too short',
    { body: { ...file, checksum: { algorithm: 'CRC64NVME', value: 'AAAAAA==' } } },
    '12',
  ],
  ['a metadata name with a space', { body: { ...file, metadata: { 'a b': 'c' } } }, 'body.metadata.a b: '],
  [
    'an unknown query parameter',
    { body: file, query: 'fromat=urls' },
    'query.fromat: unknown; expected only format',
  ],
  ['a query parameter twice', { body: file, query: 'format=urls&format=urls' }, 'format once'],
])('%s is answered with what was expected and what came', async (_, request, detail) => {
  expectProblem(await invoke(initiate, routes.initiate, request), 'invalid-request', detail)
})

test.each([
  ['limit=0', 'query.limit: '],
  ['limit=51', 'query.limit: expected <=50, got 51.'],
  ['limit=ten', 'query.limit: '],
  ['cursor=nonsense', 'a cursor that a list returned'],
  ['cursor=', 'a cursor that a list returned'],
  ['details=yes', 'query.details: '],
])('list-uploads?%s is answered likewise', async (query, detail) => {
  expectProblem(await invoke(listUploads, routes['list-uploads'], { query }), 'invalid-request', detail)
})

test('a size over 48.8 TiB is too large', async () => {
  const answer = await invoke(initiate, routes.initiate, { body: { ...file, size: 53_687_091_200_001 } })
  expect(answer).toMatchObject({ status: 413, body: { maxObjectSize: 53_687_091_200_000 } })
})

test('what comes back of a value is short, however long it was', async () => {
  const { body } = await invoke(initiate, routes.initiate, { body: { ...file, size: 'x'.repeat(5_000) } })
  expect(JSON.stringify(body).length).toBeLessThan(500)
})

test('GET / tells what a client needs to know', async () => {
  expect(await invoke(describe, routes.describe)).toEqual({
    status: 200,
    body: {
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      auth: 'none',
      region: 'us-east-1',
      maxObjectSize: 53_687_091_200_000,
      checksums: ['CRC64NVME', 'CRC32', 'CRC32C'],
    },
  })
})

function expectProblem({ status, body }: Answer, type: string, detail: string): void {
  expect(status).toBe(400)
  expect(body).toMatchObject({ type: `urn:partway:problem:${type}`, detail: expect.stringContaining(detail) })
}
