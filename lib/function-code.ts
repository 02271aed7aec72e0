import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AssetHashType, DockerImage } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { buildSync } from 'esbuild'
import type { RouteName } from '../protocol/routes.ts'

const LAMBDA = fileURLToPath(new URL('../lambda', import.meta.url))

/** Of the bundle that {@link functionCode} makes. */
export const HANDLER = 'index.handler'

/**
 * The code of one operation, bundled within this process at synthesis: nine runs of a bundler by npx take seconds more, each
 * time that the local AWS starts. A deployment follows only where the bundle changed.
 */
export function functionCode(route: RouteName): Code {
  return Code.fromAsset(LAMBDA, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('not-used-for-esbuild-is-here'),
      // The CDK takes assets of one folder for the same where nothing that it can compare tells them apart.
      command: [route],
      local: { tryBundle: (outputDirectory) => bundle(route, outputDirectory) },
    },
  })
}

function bundle(route: RouteName, outputDirectory: string): boolean {
  buildSync({
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
  })
  return true
}
