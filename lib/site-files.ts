import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AssetHashType, DockerImage } from 'aws-cdk-lib'
import { type ISource, Source } from 'aws-cdk-lib/aws-s3-deployment'
import { bundleSite, WEB } from './bundle.ts'

/** What the policy has to come before: a browser holds to it from where it stands. */
const FIRST_IN_HEAD = '<meta charset="utf-8">'

/** The code and the style of the page, bundled at synthesis; a deployment follows only where they changed. */
export function siteAssets(): ISource {
  return Source.asset(WEB, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('not-used-for-esbuild-is-here'),
      local: { tryBundle: bundleSite },
    },
  })
}

/**
 * The page itself, with its content security policy, which may hold tokens: it is written at deployment. In a header of the
 * distribution, it would close a circle, for what it names lets the distribution in.
 */
export function siteIndex(policy: string): ISource {
  const html = readFileSync(join(WEB, 'index.html'), 'utf8')
  if (!html.includes(FIRST_IN_HEAD)) throw new Error(`Expected web/index.html to have ${FIRST_IN_HEAD}.`)
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`
  return Source.data('index.html', html.replace(FIRST_IN_HEAD, `${FIRST_IN_HEAD}\n    ${meta}`))
}
