import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const WEB = join(import.meta.dirname, '../../web')
const MAX_BYTES = 35_500
/** Loaded only where people sign in: the OIDC library, for the most part. */
const MAX_SIGN_IN_BYTES = 25_000
/** Loaded for files in parts; and MD5 for stores that keep no checksum. */
const MAX_HASHING_BYTES = 5_000

test('the code of the page stays under 35.5 kB, minified and gzipped, and what not everybody needs stays apart', async () => {
  const { outputFiles } = await build({
    entryPoints: [join(WEB, 'main.ts')],
    outdir: 'assets',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  const sizes = Object.fromEntries(
    outputFiles.map(({ path, contents }) => [
      basename(path).replace(/-\w{8}/, ''),
      gzipSync(contents).length,
    ]),
  )
  const { 'main.js': main = 0, 'chunk.js': shared = 0, ...apart } = sizes
  expect(Object.keys(apart).toSorted()).toEqual(['hash-worker-source.js', 'md5.js', 'sign-in.js'])
  expect(main + shared).toBeLessThan(MAX_BYTES)
  expect(apart['sign-in.js']).toBeLessThan(MAX_SIGN_IN_BYTES)
  expect((apart['hash-worker-source.js'] ?? 0) + (apart['md5.js'] ?? 0)).toBeLessThan(MAX_HASHING_BYTES)
})
