// Bundles client/browser/hash-worker.ts into the text in hash-worker-source.ts. With `--check` writes nothing and fails when they differ.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const FOLDER = fileURLToPath(new URL('../client/browser/', import.meta.url))
const TARGET = `${FOLDER}hash-worker-source.ts`

const { outputFiles } = buildSync({
  entryPoints: [`${FOLDER}hash-worker.ts`],
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  charset: 'ascii',
  write: false,
})
const [{ text }] = outputFiles

const generated = `/** hash-worker.ts, bundled by \`node scripts/build-worker.mjs\`. Do not edit. */
// biome-ignore-all format: generated
// biome-ignore-all lint: generated
export const hashWorkerSource =
  ${JSON.stringify(text.trim())}
`

if (!process.argv.includes('--check')) {
  writeFileSync(TARGET, generated)
} else if (readFileSync(TARGET, 'utf8') !== generated) {
  console.error(
    'client/browser/hash-worker-source.ts is not what hash-worker.ts bundles to: run `node scripts/build-worker.mjs`.',
  )
  process.exitCode = 1
}
