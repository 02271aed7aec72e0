import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, buildSync } from 'esbuild'
import type { RouteName } from '../protocol/routes.ts'

/**
 * What is deployed, made of the sources. The package has no sources: lib/prebuilt.ts, which has what this made, stands there in
 * its place.
 */

const ROOT = fileURLToPath(new URL('..', import.meta.url))
export const LAMBDA = fileURLToPath(new URL('../lambda', import.meta.url))
/** With index.html. */
export const WEB = fileURLToPath(new URL('../web', import.meta.url))
const ELEMENT = fileURLToPath(new URL('../element/partway-upload.ts', import.meta.url))

/** Puts the code of one operation into a folder, as index.js. */
export function bundleFunction(route: RouteName, outputDirectory: string): boolean {
  buildSync(functionBuild(route, outputDirectory))
  return true
}

/** Puts the code and the style of the page into a folder, below assets/. */
export function bundleSite(outputDirectory: string): boolean {
  buildSync(siteBuild(outputDirectory))
  return true
}

export function functionBuild(route: RouteName, outputDirectory: string): BuildOptions {
  return {
    absWorkingDir: ROOT,
    entryPoints: [join(LAMBDA, `${route}.ts`)],
    outfile: join(outputDirectory, 'index.js'),
    // The SDK with it: that of the runtime changes without notice, and presigning and checksums depend on its version.
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    // CommonJS starts faster than ESM here: docs/benchmarks.md.
    format: 'cjs',
    logLevel: 'warning',
  }
}

export function siteBuild(outputDirectory: string): BuildOptions {
  return {
    // The names of chunks are hashes, of paths, too: the same from wherever an app is run.
    absWorkingDir: ROOT,
    entryPoints: {
      main: join(WEB, 'main.ts'),
      style: join(WEB, 'style.css'),
      // For pages of one's own, by one script tag.
      'partway-upload': ELEMENT,
    },
    outdir: join(outputDirectory, 'assets'),
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    minify: true,
    // What is not needed at once is loaded where it is.
    splitting: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  }
}
