import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const APP = fileURLToPath(new URL('../../bin/partway.ts', import.meta.url))
const CDK_JSON = fileURLToPath(new URL('../../cdk.json', import.meta.url))
/** Their values would have the CDK own the log of its own function, and report the properties of constructs to AWS. */
const FLAGS_OF_OUR_OWN = {
  '@aws-cdk/aws-lambda:useCdkManagedLogGroup': false,
  '@aws-cdk/core:enableAdditionalMetadataCollection': false,
}

test.each([
  [{ auth: 'none' }, 'auth=none lets anyone .* expected -c origins=https://www.example.com, got none.*'],
  [{ prefix: '/films' }, 'PartwayUploads: expected prefix to be .*'],
  [{ site: true }, 'site=true deploys a page, .* expected -c auth=cognito, .*'],
])('the app refuses %j in one sentence, and writes nothing else', (context, sentence) => {
  const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify(context) }
  const { status, stderr } = spawnSync(process.execPath, [APP], { env, encoding: 'utf8' })
  expect(stderr).toMatch(new RegExp(`^${sentence}\n$`))
  expect(status).toBe(1)
})

test('every feature flag that the CDK recommends is answered, so that cdk synth has none to ask for', () => {
  const require = createRequire(import.meta.url)
  const { context } = JSON.parse(readFileSync(CDK_JSON, 'utf8'))
  expect(context).toEqual({
    ...require('aws-cdk-lib/recommended-feature-flags.json'),
    ...FLAGS_OF_OUR_OWN,
  })
})
