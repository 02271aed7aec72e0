import { afterEach, expect, test, vi } from 'vitest'
import { log } from '../../lambda/log.ts'
import { routes } from '../../protocol/routes.ts'
import './environment.ts'
import { invoke } from './invoke.ts'

const { handler: presign } = await import('../../lambda/presign.ts')

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

test('an error keeps its names and causes, and loses URLs, signatures and tokens', () => {
  const url = 'https://b.s3.amazonaws.com/k?X-Amz-Security-Token=IQoJb3JpZ2luX2VjE&X-Amz-Signature=abc'
  const token = 'IQoJb3JpZ2luX2VjE'.repeat(5)
  const cause = new Error(`socket hang up at ${url} with X-Amz-Signature=abc and ${token}`)
  log.error('request-1', new Error('S3 did not answer.', { cause }))

  const [line = ''] = written()
  expect(line).toContain('S3 did not answer.')
  expect(line).toContain('socket hang up at [redacted] with [redacted] and [redacted]')
  expect(line).not.toMatch(/X-Amz|IQoJb3|https:/)
})
