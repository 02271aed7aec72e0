import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { source as crcWorker } from '../../client/browser/crc-worker-source.ts'
import { source as md5Worker } from '../../client/browser/md5-worker-source.ts'

test('the committed texts of the workers are what crc-worker.ts and md5-worker.ts bundle to', () => {
  expect(() => execFileSync(process.execPath, ['scripts/build-worker.mjs', '--check'])).not.toThrow()
})

test.each([
  ['CRCs', crcWorker, 2200],
  ['MD5s', md5Worker, 3500],
])('the worker for %s is small, and knows nothing of the engine', (_, source, bytes) => {
  expect(gzipSync(source).length).toBeLessThan(bytes)
  expect(source).not.toContain('SourceChangedError')
})
