import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { fromBase64 } from '../../checksums/base64.ts'
import { crcWasm } from '../../checksums/crc-wasm.ts'

test('the committed WebAssembly is what crc.wat compiles to', () => {
  expect(() => execFileSync(process.execPath, ['scripts/build-wasm.mjs', '--check'])).not.toThrow()
})

test('it is small enough for every browser to compile it synchronously on the main thread', () => {
  expect(fromBase64(crcWasm).length).toBeLessThan(4096)
})
