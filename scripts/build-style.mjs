// Minifies element/style.css into the text in element/style.ts. With `--check` writes nothing and fails when they differ.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'

const FOLDER = fileURLToPath(new URL('../element/', import.meta.url))
const TARGET = `${FOLDER}style.ts`

const { code } = transformSync(readFileSync(`${FOLDER}style.css`, 'utf8'), {
  loader: 'css',
  minify: true,
  charset: 'ascii',
})

const generated = `/** style.css, minified by \`node scripts/build-style.mjs\`. Do not edit. */
// biome-ignore-all format: generated
// biome-ignore-all lint: generated
export const style =
  ${JSON.stringify(code.trim())}
`

if (!process.argv.includes('--check')) {
  writeFileSync(TARGET, generated)
} else if (readFileSync(TARGET, 'utf8') !== generated) {
  console.error('element/style.ts is not what style.css minifies to: run `node scripts/build-style.mjs`.')
  process.exitCode = 1
}
