// Compiles each checksums/NAME.wat into checksums/NAME-wasm.ts. With `--check` writes nothing and fails when they differ.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import loadWabt from 'wabt'

const wabt = await loadWabt()
for (const name of ['crc', 'md5']) generate(name)

function generate(name) {
  const target = `checksums/${name}-wasm.ts`
  const path = fileURLToPath(new URL(`../${target}`, import.meta.url))
  const generated = `/** ${name}.wat, compiled by \`node scripts/build-wasm.mjs\`: WebAssembly in base64. Do not edit. */
export const ${name}Wasm =
  '${compile(name).toString('base64')}'
`
  if (!process.argv.includes('--check')) {
    writeFileSync(path, generated)
  } else if (readFileSync(path, 'utf8') !== generated) {
    console.error(`${target} is not what ${name}.wat compiles to: run \`node scripts/build-wasm.mjs\`.`)
    process.exitCode = 1
  }
}

function compile(name) {
  const source = fileURLToPath(new URL(`../checksums/${name}.wat`, import.meta.url))
  const module = wabt.parseWat(`${name}.wat`, readFileSync(source, 'utf8'))
  module.validate()
  const { buffer } = module.toBinary({})
  module.destroy()
  return Buffer.from(buffer)
}
