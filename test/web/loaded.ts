import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const ROOT = join(import.meta.dirname, '../..')

/** What a browser fetches of a module, minified and by gzip -9, in bytes. */
export interface Loaded {
  /** Before anything runs. */
  readonly atOnce: number
  /** With nothing but what is not there at once, each by the module that is imported late. */
  readonly late: Readonly<Record<string, number>>
}

/** @param entry a module, from the root of the checkout */
export async function loadedBy(entry: string): Promise<Loaded> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outdir: 'assets',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    metafile: true,
  })
  const sizes = new Map(
    outputFiles.map(({ path, contents }) => [relative(ROOT, path), gzipSync(contents, { level: 9 }).length]),
  )
  const outputs = Object.entries(metafile.outputs)
  const sum = (files: Iterable<string>) =>
    [...files].reduce((bytes, file) => bytes + (sizes.get(file) ?? 0), 0)
  const closure = (file: string, found = new Set<string>()) => {
    if (found.has(file)) return found
    found.add(file)
    for (const { path, kind } of metafile.outputs[file]?.imports ?? []) {
      if (kind === 'import-statement') closure(path, found)
    }
    return found
  }
  const of = (module: string) => outputs.find(([, { entryPoint }]) => entryPoint === module)?.[0] ?? ''
  const atOnce = closure(of(entry))
  const late = outputs.flatMap(([file, { entryPoint }]): [string, number][] =>
    entryPoint && entryPoint !== entry
      ? [[entryPoint, sum([...closure(file)].filter((other) => !atOnce.has(other)))]]
      : [],
  )
  return { atOnce: sum(atOnce), late: Object.fromEntries(late) }
}
