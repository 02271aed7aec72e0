// Compiles checksums/crc.wat into checksums/crc-wasm.ts. With `--check` writes nothing and fails when they differ.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import loadWabt from 'wabt'

const source = fileURLToPath(new URL('../checksums/crc.wat', import.meta.url))
const target = fileURLToPath(new URL('../checksums/crc-wasm.ts', import.meta.url))

const wabt = await loadWabt()
const module = wabt.parseWat('crc.wat', readFileSync(source, 'utf8'))
module.validate()
const { buffer } = module.toBinary({})
module.destroy()

const generated = `/** crc.wat, compiled by \`node scripts/build-wasm.mjs\`: WebAssembly in base64. Do not edit. */
export const crcWasm =
  '${Buffer.from(buffer).toString('base64')}'
`

if (!process.argv.includes('--check')) {
  writeFileSync(target, generated)
} else if (readFileSync(target, 'utf8') !== generated) {
  console.error('checksums/crc-wasm.ts is not what crc.wat compiles to: run `node scripts/build-wasm.mjs`.')
  process.exitCode = 1
}
