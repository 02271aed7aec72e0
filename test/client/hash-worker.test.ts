import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { hashWorkerSource } from '../../client/browser/hash-worker-source.ts'

test('the committed text of the worker is what hash-worker.ts bundles to', () => {
  expect(() => execFileSync(process.execPath, ['scripts/build-worker.mjs', '--check'])).not.toThrow()
})

test('it stays under 4 kB, gzipped, and knows nothing of the engine', () => {
  expect(gzipSync(hashWorkerSource).length).toBeLessThan(4000)
  expect(hashWorkerSource).not.toContain('SourceChangedError')
})
