import { AssetHashType, DockerImage } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import type { RouteName } from '../protocol/routes.ts'
import { bundleFunction, LAMBDA } from './bundle.ts'

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
      local: { tryBundle: (outputDirectory) => bundleFunction(route, outputDirectory) },
    },
  })
}
