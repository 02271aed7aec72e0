import { expect, test } from 'vitest'
import { crcWasm } from '../../checksums/crc-wasm.ts'
import { md5Wasm } from '../../checksums/md5-wasm.ts'
import { loadedBy } from './loaded.ts'

/** Bytes of `gzip -9`, WebAssembly not counted: before anything runs. */
const MAX_CLIENT_BYTES = 15_000
/** Before the first part of an upload moves. */
const MAX_UPLOAD_BYTES = 22_000
/** What brings a file to the store: loaded as soon as there is a client. */
const CARRIAGE = 'client/browser/carriage.ts'
/** What is loaded apart, each with what it has of its own. */
const MAX_BYTES: Readonly<Record<string, number>> = {
  [CARRIAGE]: 7_900,
  /** For a body over 1 MiB. */
  'client/browser/crc-worker-source.ts': 1_200,
  /** Search, signed checksums, ETags, and files that go in one PUT. */
  'client/browser/extras.ts': 3_300,
  'client/browser/download.ts': 10_200,
  /** For stores that keep no checksum. */
  'checksums/md5.ts': 700,
  'client/browser/md5-worker-source.ts': 1_600,
}

test('what a page loads of the client, and what an upload in parts takes beyond that, stays small; what few uploads need stays apart', async () => {
  const { atOnce, late } = await loadedBy('client/browser/index.ts', {
    without: [crcWasm, md5Wasm],
    first: CARRIAGE,
  })
  expect(atOnce).toBeLessThan(MAX_CLIENT_BYTES)
  expect(atOnce + (late[CARRIAGE] ?? 0)).toBeLessThan(MAX_UPLOAD_BYTES)
  expect(Object.keys(late).toSorted()).toEqual(Object.keys(MAX_BYTES).toSorted())
  for (const [module, bytes] of Object.entries(late)) {
    expect(bytes, module).toBeLessThan(MAX_BYTES[module] ?? 0)
  }
})
