import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { UploadSite } from '../../lib/upload-site.ts'
import { MIB } from '../../protocol/limits.ts'
import { stagedWith } from '../lib/staged.ts'
import { button, openStage, type Stage } from './stage.ts'

/** The page as it is deployed: bundled, minified, and under the policy that is written into it. */

let stage: Stage
beforeAll(async () => {
  // Tokens so short that the page renews them for each call.
  stage = await openStage({ auth: 'jwt', tokenSeconds: 3 })
}, 60_000)
afterAll(() => stage?.close())

test('people sign in and send files, and nothing else is let through', async () => {
  const film = await stage.file('film.mp4', 9 * MIB)
  // To Chromium, a document that the test answers comes from nowhere, and may not reach this machine by itself.
  const { page, errors } = await stage.open({ permissions: ['local-network-access'] })
  await serveDeployed(page)
  await page.reload()

  await button(page, 'Sign in').click()
  await page.getByLabel('Any name will do').fill('Anna')
  await button(page, 'Sign in').click()
  await page.getByText('Anna', { exact: true }).waitFor()
  // Where the issuer led back to, the browser does not ask the test.
  await page.reload()
  await page.getByText('Anna', { exact: true }).waitFor()
  await page.setInputFiles('#files', film.path)
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(await page.evaluate(violationOf, 'https://elsewhere.example')).toBe('connect-src')
  expect(errors).toEqual([])
})

/** Answers from the files that a deployment would copy, where the page lies. */
async function serveDeployed(page: Page): Promise<void> {
  const stack = new Stack(new App({ outdir: join(stage.folder, 'cdk.out') }), 'Films')
  new UploadSite(stack, 'Site').deploy({
    apiUrl: `${stage.apiUrl}/`,
    auth: 'jwt',
    oidc: { issuer: stage.issuerUrl, clientId: 'partway' },
    connectTo: [stage.s3Url, stage.issuerUrl],
  })
  const index = await readFile(join(stagedWith(stack, 'index.html'), 'index.html'), 'utf8')
  const config = await readFile(join(stagedWith(stack, 'config.json'), 'config.json'), 'utf8')
  const assets = stagedWith(stack, 'assets', 'main.js')
  const lies = (path: RegExp) => (url: URL) => url.origin === stage.apiUrl && path.test(url.pathname)
  await page.route(lies(/^\/$/), (route) => route.fulfill({ contentType: 'text/html', body: index }))
  await page.route(lies(/^\/config\.json$/), (route) =>
    route.fulfill({ contentType: 'application/json', body: config }),
  )
  await page.route(lies(/^\/assets\//), (route) =>
    route.fulfill({ path: join(assets, new URL(route.request().url()).pathname) }),
  )
}

/** @returns the directive of the page's policy that keeps it from an address */
function violationOf(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective))
    fetch(url).then(
      () => reject(new Error('Expected the policy to refuse it.')),
      () => {},
    )
  })
}
