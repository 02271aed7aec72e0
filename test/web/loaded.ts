import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const ROOT = join(import.meta.dirname, '../..')

/** What a browser fetches of a module, minified and by gzip -9, in bytes. */
export interface Loaded {
  /** Before anything runs. */
  readonly atOnce: number
  /** With nothing but what is not there by then, each by the module that is imported late. */
  readonly late: Readonly<Record<string, number>>
}

export interface LoadedOptions {
  /** Texts that do not count. @default none */
  readonly without?: readonly string[]
  /** A module that is imported late, but before the others: what comes with it is there by then. @default none */
  readonly first?: string
}

/** @param entry a module, from the root of the checkout, as those that are imported late */
export async function loadedBy(
  entry: string,
  { without = [], first = entry }: LoadedOptions = {},
): Promise<Loaded> {
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
  const sizeOf = (text: string) =>
    gzipSync(
      without.reduce((code, part) => code.replaceAll(part, ''), text),
      { level: 9 },
    ).length
  const sizes = new Map(outputFiles.map(({ path, text }) => [relative(ROOT, path), sizeOf(text)]))
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
  const soon = new Set([...atOnce, ...closure(of(first))])
  const late = outputs.flatMap(([file, { entryPoint }]): [string, number][] => {
    if (!entryPoint || entryPoint === entry) return []
    const there = entryPoint === first ? atOnce : soon
    return [[entryPoint, sum([...closure(file)].filter((other) => !there.has(other)))]]
  })
  return { atOnce: sum(atOnce), late: Object.fromEntries(late) }
}
