// Bundles client/browser/crc-worker.ts and md5-worker.ts into the texts in …-source.ts. With `--check` writes nothing and fails when they differ.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const FOLDER = fileURLToPath(new URL('../client/browser/', import.meta.url))

for (const name of ['crc-worker', 'md5-worker']) {
  const { outputFiles } = buildSync({
    entryPoints: [`${FOLDER}${name}.ts`],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'ascii',
    write: false,
  })
  const [{ text }] = outputFiles

  const generated = `/** ${name}.ts, bundled by \`node scripts/build-worker.mjs\`. Do not edit. */
// biome-ignore-all format: generated
// biome-ignore-all lint: generated
export const source =
  ${JSON.stringify(text.trim())}
`
  const target = `${FOLDER}${name}-source.ts`
  if (!process.argv.includes('--check')) {
    writeFileSync(target, generated)
  } else if (readFileSync(target, 'utf8') !== generated) {
    console.error(
      `client/browser/${name}-source.ts is not what ${name}.ts bundles to: run \`node scripts/build-worker.mjs\`.`,
    )
    process.exitCode = 1
  }
}
