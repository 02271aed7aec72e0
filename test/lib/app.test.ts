import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const APP = fileURLToPath(new URL('../../bin/partway.ts', import.meta.url))

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
