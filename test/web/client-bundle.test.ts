import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'
import { expect, test } from 'vitest'
import { crcWasm } from '../../checksums/crc-wasm.ts'
import { md5Wasm } from '../../checksums/md5-wasm.ts'

/** Bytes of `gzip -9`, WebAssembly not counted. */
const MAX_CLIENT_BYTES = 20_000
/** What is loaded when it is needed, each with what it has of its own. */
const MAX_BYTES = {
  /** For a body over 1 MiB. */
  'crc-worker-source': 1_200,
  /** Search, signed checksums, ETags, and files that go in one PUT. */
  extras: 3_200,
  download: 10_200,
  /** For stores that keep no checksum. */
  md5: 700,
  'md5-worker-source': 1_600,
}

test('what a page loads of the client for an upload in parts stays small, and what few uploads need stays apart', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(import.meta.dirname, '../../client/browser/index.ts')],
    absWorkingDir: import.meta.dirname,
    outdir: 'out',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    metafile: true,
  })
  const sizes = new Map(outputFiles.map(({ path, text }) => [basename(path), sizeOf(text)]))
  const pieces = (path: string) => [...loadedWith(path, metafile)].map((path) => basename(path))
  const sum = (names: string[]) => names.reduce((total, name) => total + (sizes.get(name) ?? 0), 0)

  const outputs = Object.entries(metafile.outputs)
  const [[index = ''] = []] = outputs.filter(([path]) => basename(path) === 'index.js')
  const client = pieces(index)
  expect(sum(client)).toBeLessThan(MAX_CLIENT_BYTES)

  const apart = outputs.filter(([path, { entryPoint }]) => entryPoint && path !== index)
  const names = apart.map(([path]) => basename(path).replace(/-\w{8}\.js$/, ''))
  expect(names.toSorted()).toEqual(Object.keys(MAX_BYTES).toSorted())
  for (const [position, [path]] of apart.entries()) {
    const own = pieces(path).filter((piece) => !client.includes(piece))
    const name = names[position] as keyof typeof MAX_BYTES
    expect(sum(own), name).toBeLessThan(MAX_BYTES[name])
  }
})

function sizeOf(code: string): number {
  return gzipSync(code.replaceAll(crcWasm, '').replaceAll(md5Wasm, ''), { level: 9 }).length
}

/** That piece, and what it imports without waiting for anything. */
function loadedWith(path: string, metafile: Metafile, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found
  found.add(path)
  for (const { path: imported, kind } of metafile.outputs[path]?.imports ?? []) {
    if (kind === 'import-statement') loadedWith(imported, metafile, found)
  }
  return found
}
