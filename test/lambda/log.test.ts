import { afterEach, expect, test, vi } from 'vitest'
import { log } from '../../lambda/log.ts'
import { routes } from '../../protocol/routes.ts'
import type { InitiateResponse } from '../../protocol/schemas.ts'
import './environment.ts'
import { invoke } from './invoke.ts'

const { handler: presign } = await import('../../lambda/presign.ts')
const { endpoint } = await import('../../lambda/endpoint.ts')

const output = vi.spyOn(console, 'log').mockImplementation(() => {})
afterEach(() => output.mockClear())

const written = () => output.mock.calls.map(([line]) => String(line))

test('a request is one line: what was asked and how it went, without key, query or body', async () => {
  const body = { key: 'uploads/public/secret-name.mp4', parts: [1] }
  await invoke(presign, routes.presign, { path: { uploadId: 'u-1' }, query: 'format=urls', body })
  expect(written()).toHaveLength(1)
  expect(JSON.parse(written()[0] ?? '')).toEqual({
    level: 'info',
    requestId: 'request-1',
    lambdaRequestId: 'invocation-1',
    route: 'presign',
    uploadId: 'u-1',
    status: 403,
    durationMs: expect.any(Number),
  })
})

test('an upload can be followed from the line that begins it', async () => {
  const initiate = endpoint(routes.initiate, async () => ({ uploadId: 'u-2' }) as InitiateResponse)
  await invoke(initiate, routes.initiate, { body: { fileName: 'film.mp4', size: 20_000_000 } })
  expect(written().map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ route: 'initiate', uploadId: 'u-2', status: 201 }),
  ])
})

test('what failed is told with its cause, by request and by upload', async () => {
  const broken = endpoint(routes.presign, async () => {
    throw new TypeError('no such thing')
  })
  const body = { key: 'uploads/public/film.mp4', parts: [1] }
  await invoke(broken, routes.presign, { path: { uploadId: 'u-3' }, body })
  const ids = { requestId: 'request-1', uploadId: 'u-3' }
  expect(written().map((line) => JSON.parse(line))).toEqual([
    {
      ...ids,
      level: 'error',
      error: expect.objectContaining({ cause: expect.objectContaining({ message: 'no such thing' }) }),
    },
    expect.objectContaining({ ...ids, level: 'info', status: 500 }),
  ])
})

test('an error keeps its names and causes, and loses URLs, signatures and tokens', () => {
  const url = 'https://b.s3.amazonaws.com/k?X-Amz-Security-Token=IQoJb3JpZ2luX2VjE&X-Amz-Signature=abc'
  const token = 'IQoJb3JpZ2luX2VjE'.repeat(5)
  const cause = new Error(`socket hang up at ${url} with X-Amz-Signature=abc and ${token}`)
  log.error({ requestId: 'request-1', uploadId: 'u-1' }, new Error('S3 did not answer.', { cause }))

  const [line = ''] = written()
  expect(line).toContain('S3 did not answer.')
  expect(line).toContain('socket hang up at [redacted] with [redacted] and [redacted]')
  expect(line).not.toMatch(/X-Amz|IQoJb3|https:/)
})
