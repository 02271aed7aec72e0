import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'
import { expect, test } from 'vitest'
import { crcWasm } from '../../checksums/crc-wasm.ts'
import { md5Wasm } from '../../checksums/md5-wasm.ts'

/** Bytes of `gzip -9`, WebAssembly not counted: before anything runs. */
const MAX_CLIENT_BYTES = 15_000
/** Before the first part of an upload moves. */
const MAX_UPLOAD_BYTES = 22_000
/** What is loaded apart, each with what it has of its own. */
const MAX_BYTES = {
  /** What brings a file to the store: loaded as soon as there is a client. */
  carriage: 7_900,
  /** For a body over 1 MiB. */
  'crc-worker-source': 1_200,
  /** Search, signed checksums, ETags, and files that go in one PUT. */
  extras: 3_300,
  download: 10_200,
  /** For stores that keep no checksum. */
  md5: 700,
  'md5-worker-source': 1_600,
}

test('what a page loads of the client, and what an upload in parts takes beyond that, stays small; what few uploads need stays apart', async () => {
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
  const [[carriage = ''] = []] = apart.filter(([path]) => basename(path).startsWith('carriage-'))
  const forParts = [...new Set([...client, ...pieces(carriage)])]
  expect(sum(forParts)).toBeLessThan(MAX_UPLOAD_BYTES)

  const names = apart.map(([path]) => basename(path).replace(/-\w{8}\.js$/, ''))
  expect(names.toSorted()).toEqual(Object.keys(MAX_BYTES).toSorted())
  for (const [position, [path]] of apart.entries()) {
    const known = path === carriage ? client : forParts
    const own = pieces(path).filter((piece) => !known.includes(piece))
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
