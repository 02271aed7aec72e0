import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { fromBase64 } from '../../checksums/base64.ts'
import { crcWasm } from '../../checksums/crc-wasm.ts'
import { md5Wasm } from '../../checksums/md5-wasm.ts'

test('the committed WebAssembly is what crc.wat and md5.wat compile to', () => {
  expect(() => execFileSync(process.execPath, ['scripts/build-wasm.mjs', '--check'])).not.toThrow()
})

test.each([crcWasm, md5Wasm])(
  'it is small enough for every browser to compile it synchronously on the main thread',
  (wasm) => {
    expect(fromBase64(wasm).length).toBeLessThan(4096)
  },
)
