import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GetObjectCommand, ListBucketsCommand } from '@aws-sdk/client-s3'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { launchChromium } from '../browser/chromium.ts'
import { button, lineOf } from '../web/stage.ts'
import { createUser, PASSWORD } from './cognito-users.ts'
import { differences } from './differences.ts'
import { type EmulatedStack, emulatorGaps } from './emulator-gaps.ts'
import { type Inventory, takeInventory } from './inventory.ts'
import { openStage, type Stage } from './stage.ts'

/**
 * The whole stack as a team would have it: page, sign-in, API and bucket, each over TLS by the name that AWS gives it. One
 * life, in order: each test stands on those before it.
 */

const CONTEXT = { auth: 'cognito', site: 'true' }
const USER = 'alice@example.com'

let stage: Stage
let atFirst: Inventory
let stack: EmulatedStack
let browser: Browser
let page: Page

beforeAll(async () => {
  stage = await openStage({ byName: true })
  await stage.cdk.bootstrap()
  atFirst = await takeInventory(stage.endpoint)
  browser = await launchChromium({ args: [...stage.browserArgs] })
  page = await browser.newPage({ ignoreHTTPSErrors: true })
})
afterAll(async () => {
  await browser?.close()
  await stage?.close()
})
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(stage.log())))

test('cdk deploy says where the page is, and leaves nothing for cdk diff to show', async () => {
  stack = await stage.deploy(CONTEXT)
  expect(stack.outputs.SiteUrl).toMatch(/^https:\/\/\w+\.cloudfront\.net$/)
  expect(differences(await stage.cdk.diff(CONTEXT))).toEqual([])
})

test.each(emulatorGaps)('what the emulator leaves out, and an API call puts in: $name', async (gap) => {
  expect(await gap.isOpen(stack)).toBe(true)
  await gap.close?.(stack)
  if (gap.close) expect(await gap.isOpen(stack)).toBe(false)
})

test('the page comes from CloudFront, with its headers and its policy, and from nowhere else', async () => {
  const answer = await page.goto(stack.outputs.SiteUrl ?? '')
  expect(answer?.headers()).toMatchObject({
    'content-security-policy': "frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'strict-transport-security': 'max-age=63072000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  })
  const policy = page.locator('meta[http-equiv="Content-Security-Policy"]')
  const { ApiUrl, BucketName } = stack.outputs
  expect(await policy.getAttribute('content')).toContain(` ${new URL(ApiUrl).origin}`)
  expect(await policy.getAttribute('content')).toContain(` https://${BucketName}.s3.us-east-1.amazonaws.com`)

  const { Buckets = [] } = await stage.s3.send(new ListBucketsCommand())
  for (const { Name } of Buckets) {
    expect((await fetch(`${stage.endpoint}/${Name}/index.html`)).status).toBe(403)
  }
})

test('any page may load the element from it; what has a hash in its name is kept, and the rest asked for each time', async () => {
  const elsewhere = await browser.newPage({ ignoreHTTPSErrors: true, permissions: ['local-network-access'] })
  const load = (path: string) =>
    elsewhere.evaluate(async (url) => {
      const answer = await fetch(url)
      return { cached: answer.headers.get('cache-control'), script: await answer.text() }
    }, `${stack.outputs.SiteUrl}/assets/${path}`)
  const element = await load('partway-upload.js')
  expect(element.cached).toBe('no-cache')
  const [chunk = ''] = /chunks\/[\w-]+\.js/.exec(element.script) ?? []
  expect((await load(chunk)).cached).toBe('public, max-age=31536000, immutable')
  await elsewhere.close()
})

test('a person signs in on it and uploads', async () => {
  const film = randomBytes(20 * MIB)
  const path = join(stage.folder, 'film.webm')
  await writeFile(path, film)
  await createUser(stage.endpoint, stack.outputs.UserPoolId ?? '', USER)

  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await button(page, 'Sign in').click()
  await page.getByLabel('Username').fill(USER)
  await page.getByLabel('Password').fill(PASSWORD)
  await button(page, 'Sign in').click()
  await page.getByText(USER).waitFor()
  await page.setInputFiles('#files', path)
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(errors).toEqual([])

  const Key = await lineOf(page, 'film.webm', 'dd.key')
  const stored = await stage.s3.send(new GetObjectCommand({ Bucket: stack.outputs.BucketName, Key }))
  expect(film.equals((await stored.Body?.transformToByteArray()) ?? new Uint8Array())).toBe(true)
})

test('cdk destroy leaves nothing but the uploads, the users, and what functions of the CDK logged', async () => {
  const { BucketName, UserPoolId } = stack.outputs
  const deployed = await takeInventory(stage.endpoint)
  expect(deployed.distributions).toHaveLength(1)
  await stage.cdk.destroy(CONTEXT)
  expect(await takeInventory(stage.endpoint)).toEqual({
    ...atFirst,
    buckets: [...atFirst.buckets, BucketName].sort(),
    userPools: [UserPoolId],
    logGroups: [
      expect.stringMatching('/aws/lambda/Partway-CustomCDKBucketDeployment'),
      expect.stringMatching('/aws/lambda/Partway-CustomS3AutoDeleteObjects'),
    ],
  })
})
