import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Format } from 'esbuild'
import { markdownTable, median } from './compare.ts'

const ROUNDS = 15
const FORMATS: Format[] = ['cjs', 'esm']
const LAMBDA = join(import.meta.dirname, '../lambda')
const ENVIRONMENT = {
  BUCKET: 'b',
  KEY_PREFIX: 'uploads',
  AUTH: 'none',
  MAX_OBJECT_SIZE: '1',
  URL_LIFETIME: '3600',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'k',
  AWS_SECRET_ACCESS_KEY: 's',
}

/** Loading a function's bundle in a process of its own, as a cold start does: CommonJS against ESM, with and without the SDK. */
export async function coldStart(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-bench-'))
  try {
    const rows = await Promise.all(['presign', 'complete'].map((route) => measure(route, folder)))
    return markdownTable([[`loading a bundle, median of ${ROUNDS}`, 'KB', 'ms', 'ratio'], ...rows.flat()])
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measure(route: string, folder: string): Promise<string[][]> {
  const bundles = await Promise.all(
    FORMATS.map(async (format) => {
      const outfile = join(folder, route, format === 'cjs' ? 'index.cjs' : 'index.mjs')
      await build({
        entryPoints: [join(LAMBDA, `${route}.ts`)],
        outfile,
        bundle: true,
        minify: true,
        platform: 'node',
        target: 'node24',
        mainFields: ['module', 'main'],
        format,
        // What the SDK requires at run time, ESM has to make.
        ...(format === 'esm' && {
          banner: {
            js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
          },
        }),
      })
      return { format, outfile, bytes: (await stat(outfile)).size, times: [] as number[] }
    }),
  )
  const timer = join(folder, `${route}.mjs`)
  await writeFile(
    timer,
    'const began = performance.now(); await import(process.argv[2]); console.log(performance.now() - began)',
  )
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { outfile, times } of bundles) {
      const options = { env: { ...process.env, ...ENVIRONMENT }, encoding: 'utf8' } as const
      const printed = execFileSync(process.execPath, [timer, pathToFileURL(outfile).href], options)
      // The first round warms the disk.
      if (round > 0) times.push(Number(printed))
    }
  }
  const [first] = bundles
  return bundles.map(({ format, bytes, times }) => {
    const ratio = median(times.map((time, round) => time / (first?.times[round] ?? time)))
    return [
      `\`${route}\` as ${format}`,
      (bytes / 1000).toFixed(0),
      median(times).toFixed(0),
      ratio.toFixed(2),
    ]
  })
}
