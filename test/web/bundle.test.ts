import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const WEB = join(import.meta.dirname, '../../web')
const MAX_BYTES = 25_000
/** Loaded only where people sign in: the OIDC library, for the most part. */
const MAX_SIGN_IN_BYTES = 25_000

test('the code of the page stays under 25 kB, minified and gzipped, and signing in stays apart', async () => {
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
  const sizes = outputFiles.map(({ path, contents }) => [basename(path), gzipSync(contents).length] as const)
  expect(sizes.map(([name]) => name.replace(/-\w{8}/, ''))).toEqual(['main.js', 'sign-in.js'])
  const [main = 0, signIn = 0] = sizes.map(([, size]) => size)
  expect(main).toBeLessThan(MAX_BYTES)
  expect(signIn).toBeLessThan(MAX_SIGN_IN_BYTES)
})
