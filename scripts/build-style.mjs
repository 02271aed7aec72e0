// Minifies each style of element/, `style.css`, into a text beside it, `style.ts`. With `--check` writes nothing and fails when they differ.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { transformSync } from 'esbuild'

const ROOT = join(import.meta.dirname, '..')

for (const source of globSync('element/**/*.css', { cwd: ROOT })) {
  const target = source.replace(/css$/, 'ts')
  const { code } = transformSync(readFileSync(join(ROOT, source), 'utf8'), {
    loader: 'css',
    minify: true,
    charset: 'ascii',
  })
  const generated = `/** ${basename(source)}, minified by \`node scripts/build-style.mjs\`. Do not edit. */
// biome-ignore-all format: generated
// biome-ignore-all lint: generated
export const style =
  ${JSON.stringify(code.trim())}
`
  if (!process.argv.includes('--check')) {
    writeFileSync(join(ROOT, target), generated)
  } else if (readFileSync(join(ROOT, target), 'utf8') !== generated) {
    console.error(`${target} is not what ${source} minifies to: run \`node scripts/build-style.mjs\`.`)
    process.exitCode = 1
  }
}
