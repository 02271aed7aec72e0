import { execFileSync } from 'node:child_process'
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { functionBuild, siteBuild, WEB } from '../lib/bundle.ts'
import { type RouteName, routes } from '../protocol/routes.ts'
import { licensesOf } from './licenses.ts'

/** Makes `dist/`, which the package has in place of the sources: `npm run build`, and by itself before `npm pack`. */

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DIST = join(ROOT, 'dist')
const CDK = join(DIST, 'cdk')

/** Names stay as they are, so that a stack trace says where: that is worth more than the bytes. */
const MODULES: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  splitting: true,
  format: 'esm',
  // Dependencies are npm's to share and to patch.
  packages: 'external',
  chunkNames: 'chunks/[name]-[hash]',
  logLevel: 'warning',
}

rmSync(DIST, { recursive: true, force: true })
await Promise.all([nodeModules(), browserModules(), element(), constructs(), deployed()])
types()

/** The command and `partway/node`, which have most of their code in common. */
async function nodeModules(): Promise<void> {
  const entryPoints = { cli: 'cli/main.ts', node: 'client/node/index.ts' }
  await build({ ...MODULES, entryPoints, outdir: DIST, platform: 'node', target: 'node22' })
}

async function browserModules(): Promise<void> {
  const entryPoints = { index: 'client/browser/index.ts' }
  await build({
    ...MODULES,
    entryPoints,
    outdir: join(DIST, 'browser'),
    platform: 'browser',
    target: 'es2022',
  })
}

/** For a script tag, too: it imports nothing but its own chunks, and is as small as it can be. */
async function element(): Promise<void> {
  const entryPoints = { 'partway-upload': 'element/partway-upload.ts' }
  await build({
    ...MODULES,
    entryPoints,
    outdir: join(DIST, 'element'),
    platform: 'browser',
    target: 'es2022',
    packages: 'bundle',
    minify: true,
  })
}

async function constructs(): Promise<void> {
  const prebuilt: Plugin = {
    name: 'prebuilt',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\.\/bundle\.ts$/ }, () => ({ path: join(ROOT, 'lib/prebuilt.ts') })),
  }
  const entryPoints = { index: 'lib/index.ts' }
  await build({
    ...MODULES,
    entryPoints,
    outdir: CDK,
    platform: 'node',
    target: 'node22',
    plugins: [prebuilt],
  })
}

/** What the construct deploys: the functions and the page, each with all that it needs. */
async function deployed(): Promise<void> {
  const functions = Object.keys(routes).map((route) =>
    functionBuild(route as RouteName, join(CDK, 'functions', route)),
  )
  const builds = [...functions, siteBuild(join(CDK, 'site'))]
  const results = await Promise.all(builds.map((options) => build({ ...options, metafile: true })))
  cpSync(join(WEB, 'index.html'), join(CDK, 'site/index.html'))
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs))
  writeFileSync(join(CDK, 'THIRD-PARTY-LICENSES.txt'), licensesOf(inputs, ROOT))
}

function types(): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { cwd: ROOT, stdio: 'inherit' })
}
