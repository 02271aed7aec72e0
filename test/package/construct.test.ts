import { execFile } from 'node:child_process'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'
import { routes } from '../../protocol/routes.ts'

const PROJECT = inject('project')
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

const APP = `
import { App, Stack } from 'aws-cdk-lib'
import { PartwayUploads, UploadAuth } from 'partway/cdk'

const app = new App({ outdir: process.env.OUT })
const films = new Stack(app, 'Films', { env: { account: '111122223333', region: 'eu-west-1' } })
new PartwayUploads(films, 'Uploads', { auth: UploadAuth.cognito(), site: {} })
app.synth()
`

test('an app of somebody else synthesises the construct from the package, to what the checkout deploys', async () => {
  const [packed, checkedOut] = await Promise.all([
    synthesise('partway/cdk'),
    synthesise(join(ROOT, 'lib/index.ts')),
  ])
  for (const route of Object.keys(routes)) {
    expect(JSON.stringify(packed)).toContain(`"Description":"Partway: ${route}"`)
  }
  // With the hashes of what is deployed in it.
  expect(packed).toEqual(checkedOut)
})

async function synthesise(construct: string) {
  const folder = await mkdtemp(join(PROJECT, 'app-'))
  const out = join(folder, 'cdk.out')
  await writeFile(join(folder, 'app.mjs'), APP.replace('partway/cdk', construct))
  const env = { PATH: process.env.PATH, OUT: out, CDK_VALIDATION: 'false' }
  await run(process.execPath, ['app.mjs'], { cwd: folder, env })
  return JSON.parse(await readFile(join(out, 'Films.template.json'), 'utf8'))
}
