import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const WEB = join(import.meta.dirname, '../../web')
const MAX_BYTES = 25_000

test('the code of the page stays under 25 kB, minified and gzipped', async () => {
  const { outputFiles } = await build({
    entryPoints: [join(WEB, 'main.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  const [bundle] = outputFiles
  expect(bundle && gzipSync(bundle.contents).length).toBeLessThan(MAX_BYTES)
})
