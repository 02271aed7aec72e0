import { appendFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CORSRule, ListBucketsCommand, PutBucketCorsCommand, S3Client } from '@aws-sdk/client-s3'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ROOT_CREDENTIALS } from '../../local/aws.ts'
import { MIB } from '../../protocol/limits.ts'
import type { ProblemType } from '../../protocol/problem-types.ts'
import { ProblemError } from '../../protocol/problems.ts'
import { choose } from './list.ts'
import { type Answer, type Front, type Site, startFront, startSite } from './site.ts'
import { button, openStage, openTab, rowOf, SCREENSHOTS, type Stage, textOf } from './stage.ts'

/** As the gateway says it. */
const UNAUTHORIZED: Answer = { status: 401, body: '{"message":"Unauthorized"}' }

let stage: Stage
let site: Site
/** A site of which neither the API nor the bucket knows anything. */
let strangers: Site
let front: Front
let cors: (changes: Partial<CORSRule>) => Promise<void>
/** What nobody caught, of all tabs of a test. */
const uncaught: (readonly string[])[] = []

beforeAll(async () => {
  site = await startSite()
  strangers = await startSite()
  stage = await openStage({ origins: [site.url] })
  front = await startFront(stage.apiUrl)
  cors = await corsOf(stage)
}, 60_000)
afterAll(async () => {
  for (const started of [stage, front, site, strangers]) await started?.close()
})
afterEach(async () => {
  front.instead = () => undefined
  front.letsPagesIn = true
  await cors({})
  const pages = stage.browser.contexts().flatMap((context) => context.pages())
  const texts = await Promise.all(pages.map(everyText))
  await Promise.all(stage.browser.contexts().map((context) => context.close()))
  // Of whatever a test has brought about, nothing raw is shown.
  expect(uncaught.splice(0).flat()).toEqual([])
  for (const text of texts) expect(text).not.toMatch(/Error|Exception|Expected|undefined|null|NaN|\[object/)
})

test('a bucket whose CORS leaves the page out: it says so while it waits, and goes on by itself once that is mended', async () => {
  await cors({ AllowedOrigins: ['https://elsewhere.example'] })
  const film = await stage.file('refused.mp4', 12 * MIB)
  const page = await open()
  await choose(page, film.path)
  await problem(
    page,
    'refused.mp4',
    `The storage at ${new URL(stage.s3Url).host} does not let this page in: its CORS rules leave out ${site.url}. Whoever runs it has to add that to its allowed origins.`,
  )
  await page.getByText('You are offline').waitFor({ state: 'hidden' })
  await page.screenshot({ path: join(SCREENSHOTS, 'error-cors-light.png') })
  await cors({})
  await arrived(page, film)
})

test('a bucket whose CORS shows no header, ETag included: the file arrives, proved by its checksum, and nobody is bothered', async () => {
  await cors({ ExposeHeaders: [] })
  const film = await stage.file('unreadable.mp4', 20 * MIB)
  const page = await open()
  const alerts = await watchAlerts(page)
  const etags: (string | undefined)[] = []
  page.on('response', async (response) => {
    if (response.request().method() === 'PUT')
      etags.push((await response.headerValue('access-control-expose-headers')) ?? undefined)
  })
  await choose(page, film.path)
  await arrived(page, film)
  expect(etags).toEqual([undefined, undefined, undefined])
  expect(await alerts()).toEqual([])
})

test('an API whose CORS leaves the page out', async () => {
  const film = await stage.file('outside.mp4', 1 * MIB)
  front.letsPagesIn = false
  const page = await open()
  const codes = await page.evaluateHandle(() => {
    const codes: string[] = []
    document.addEventListener('partway-error', ({ detail }) => codes.push(detail.code))
    return codes
  })
  await choose(page, film.path)
  await problem(
    page,
    'outside.mp4',
    new RegExp(`^The server at ${new URL(front.url).host} does not let this page in: .* ${site.url}\\.`),
  )
  expect(await codes.jsonValue()).toEqual(['cors'])
  front.letsPagesIn = true
  await press(page, 'Retry outside.mp4')
  await arrived(page, film)
})

test('a page of an origin that nobody has been told of', async () => {
  const film = await stage.file('stranger.mp4', 1 * MIB)
  const page = await open({ from: strangers })
  await choose(page, film.path)
  await problem(page, 'stranger.mp4', /does not let this page in/)
})

test('a page whose own policy leaves the storage out', async () => {
  const film = await stage.file('policy.mp4', 12 * MIB)
  const policy = `connect-src 'self' ${front.url}; worker-src blob:`
  const page = await open({ policy })
  await choose(page, film.path)
  await problem(
    page,
    'policy.mp4',
    `This page may not talk to the storage at ${new URL(stage.s3Url).origin}: its Content-Security-Policy leaves that out. Whoever runs the page has to add it to connect-src.`,
  )
})

test('an endpoint at which something else is', async () => {
  const film = await stage.file('elsewhere.mp4', 1 * MIB)
  const page = await open()
  front.instead = () => ({
    status: 404,
    headers: { 'content-type': 'text/html' },
    body: '<h1>Not found</h1>',
  })
  await choose(page, film.path)
  await problem(
    page,
    'elsewhere.mp4',
    `At ${front.url}, a web page came (404) instead of a Partway API. Either this network wants a sign-in first, or whoever runs this page has to mend its endpoint.`,
  )
  front.instead = () => undefined
  await press(page, 'Retry elsewhere.mp4')
  await arrived(page, film)
})

test('a file of a type, and one of a size, that the page does not take', async () => {
  const [text, film] = [await stage.file('notes.txt', 10), await stage.file('long.mp4', 3 * MIB)]
  const page = await open({ attributes: 'accept="video/*,.mov" max-size="2000000"' })
  await choose(page, text.path, film.path)
  const notice = page.locator('#notice').getByRole('alert')
  await notice.waitFor()
  const said = await textOf(notice)
  expect(said).toContain('notes.txt')
  expect(said).toContain('Files of this type are not taken, only video/*, .mov.')
  await page.screenshot({ path: join(SCREENSHOTS, 'error-refused-light.png') })
  expect(said).toContain('This file is too large: 3.15 MB, and at most 2.00 MB are taken.')
  for (const { name } of [text, film]) expect(await rowOf(page, name).count()).toBe(0)
})

test('of a folder in which nothing is taken, some files are named', async () => {
  const texts = await Promise.all([1, 2, 3, 4, 5].map((number) => stage.file(`${number}.txt`, 10)))
  const page = await open({ attributes: 'accept="video/*"' })
  await choose(page, ...texts.map(({ path }) => path))
  const said = await textOf(page.locator('#notice').getByRole('alert').filter({ hasText: '.txt' }))
  const sentence = 'Files of this type are not taken, only video/*.'
  expect(said.split('\n')).toEqual([
    ...[1, 2, 3].map((number) => `${number}.txt: ${sentence}`),
    'And 2 more.',
  ])
})

test.each<[ProblemType, object, string]>([
  [
    'too-large',
    { maxObjectSize: 1_000_000 },
    'This file is too large: 1.05 MB, and at most 1.00 MB are taken.',
  ],
  [
    'type-not-allowed',
    { allowed: ['image/*', 'video/mp4'] },
    'Files of this type are not taken, only image/*, video/mp4.',
  ],
])('a file that the API does not take: %s', async (type, members, sentence) => {
  const film = await stage.file(`${type}.bin`, 1 * MIB)
  const page = await open()
  front.instead = ({ method }) => (method === 'POST' ? problemAnswer(type, members) : undefined)
  await choose(page, film.path)
  await problem(page, film.name, sentence)
  await press(page, `Remove ${film.name}`)
  await rowOf(page, film.name).waitFor({ state: 'detached' })
})

test('an API that fails names its reference, and a retry goes on', async () => {
  const film = await stage.file('failing.mp4', 1 * MIB)
  const page = await open()
  front.instead = ({ method }) => (method === 'POST' ? problemAnswer('internal-error') : undefined)
  await choose(page, film.path)
  await problem(
    page,
    'failing.mp4',
    'The server failed (reference r-1). What has arrived is kept: retry in a moment.',
  )
  front.instead = () => undefined
  await press(page, 'Retry failing.mp4')
  await arrived(page, film)
})

test('an API that knows nobody: the button asks the page for a sign-in, and the file goes on with it', async () => {
  const film = await stage.file('unknown.mp4', 1 * MIB)
  const page = await open()
  front.instead = ({ headers }) => (headers.authorization === 'Bearer known' ? undefined : UNAUTHORIZED)
  await choose(page, film.path)
  await problem(page, 'unknown.mp4', 'Your sign-in has ended. Sign in, and it goes on.')
  await page.evaluate(() => {
    addEventListener('partway-sign-in', ({ target }) => {
      Object.assign(target ?? {}, { token: () => 'known' })
    })
  })
  await press(page, 'Sign in unknown.mp4')
  await arrived(page, film)
})

test('a page that fails to give a token', async () => {
  const film = await stage.file('tokenless.mp4', 1 * MIB)
  const page = await open()
  const setToken = (token: string) =>
    page.evaluate((token) => {
      const give = () => {
        if (token === '') throw new TypeError('Error: undefined is not a function')
        return token
      }
      Object.assign(document.querySelector('partway-upload') ?? {}, { token: give })
    }, token)
  await setToken('')
  await choose(page, film.path)
  await problem(page, 'tokenless.mp4', /^Whoever signs you in does not answer/)
  await setToken('one')
  await press(page, 'Retry tokenless.mp4')
  await arrived(page, film)
})

test('a download that the API fails to give', async () => {
  const film = await stage.file('given.mp4', 1 * MIB)
  const page = await open()
  await choose(page, film.path)
  await arrived(page, film)
  front.instead = ({ url }) => (url === '/downloads' ? problemAnswer('object-unknown') : undefined)
  await press(page, 'Download given.mp4')
  const notice = page
    .locator('#notice')
    .getByRole('alert')
    .filter({ hasText: 'given.mp4: The storage no longer has this' })
  await notice.waitFor()
})

test('a sign-in that has ended: the list waits and says for what, no file has failed, and it goes on once somebody signs in', async () => {
  const film = await stage.file('ended.mp4', 12 * MIB)
  const page = await open()
  front.instead = ({ headers }) => (headers.authorization === 'Bearer renewed' ? undefined : UNAUTHORIZED)
  await page.evaluate(() => {
    const signedIn = new Promise<string>((resolve) => {
      addEventListener('partway-sign-in', () => resolve('renewed'))
    })
    const element = document.querySelector('partway-upload')
    const token = (refused?: string) => (refused ? signedIn : 'dead')
    Object.assign(element ?? {}, { token })
  })
  await choose(page, film.path)
  await page.locator('#signed-out').getByRole('alert').waitFor()
  expect(await textOf(rowOf(page, film.name).locator('.status'))).toBe('Waiting for you to sign in')
  expect(await textOf(rowOf(page, film.name).locator('.problem'))).toBe('')
  await page.locator('#signed-out').getByRole('button', { name: 'Sign in' }).click()
  await arrived(page, film)
  await page.locator('#signed-out').waitFor({ state: 'hidden' })
})

test('a token that the API refuses is renewed, and nobody is bothered', async () => {
  const film = await stage.file('renewed.mp4', 12 * MIB)
  const page = await open()
  const refused: unknown[] = []
  front.instead = ({ headers }) => {
    if (headers.authorization === 'Bearer renewed') return undefined
    refused.push(headers.authorization)
    return UNAUTHORIZED
  }
  const alerts = await watchAlerts(page)
  await page.evaluate(() => {
    const token = async (refused?: string) => (refused ? 'renewed' : 'dead')
    Object.assign(document.querySelector('partway-upload') ?? {}, { token })
  })
  await choose(page, film.path)
  await arrived(page, film)
  expect(refused).toContain('Bearer dead')
  expect(await alerts()).toEqual([])
})

test('a storage that says no, whoever signed', async () => {
  const film = await stage.file('denied.mp4', 12 * MIB)
  const page = await open()
  const mend = await storeSays(page, 403, 'AccessDenied')
  await choose(page, film.path)
  await problem(
    page,
    'denied.mp4',
    'The storage does not allow this (AccessDenied). Ask whoever runs it, then retry.',
  )
  mend()
  await press(page, 'Retry denied.mp4')
  await arrived(page, film)
})

test('a storage that is full: it says so while it waits, and goes on by itself once there is room', async () => {
  const film = await stage.file('full.mp4', 12 * MIB)
  const page = await open()
  const mend = await storeSays(page, 507, 'XMinioStorageFull')
  await choose(page, film.path)
  await problem(page, 'full.mp4', 'The storage is full. What has arrived is kept: retry once there is room.')
  mend()
  await arrived(page, film)
})

test('a file that changed on the disk is chosen again, and sent as it is now', async () => {
  const film = await stage.file('changing.mp4', 24 * MIB)
  const page = await open()
  const parts = stage.watch('changing.mp4')
  parts.hold((partNumber) => partNumber > 1)
  await choose(page, film.path)
  await parts.untilStored(1)
  await appendFile(film.path, 'one more scene')
  parts.cut()
  await problem(
    page,
    'changing.mp4',
    'This file changed after its upload began. Choose it again to send it as it is now.',
  )
  await page.screenshot({ path: join(SCREENSHOTS, 'error-changed-light.png') })
  await chooseBy(page, 'Choose file changing.mp4', film.path)
  await arrived(page, film)
})

test('a file that was deleted is chosen again from where it is now', async () => {
  const film = await stage.file('deleted.mp4', 24 * MIB)
  const page = await open()
  const parts = stage.watch('deleted.mp4')
  parts.hold((partNumber) => partNumber > 1)
  await choose(page, film.path)
  await parts.untilStored(1)
  await rm(film.path)
  parts.cut()
  await problem(
    page,
    'deleted.mp4',
    'This file was moved or deleted. Choose it again to send it as it is now.',
  )
  await writeFile(film.path, 'another one')
  await chooseBy(page, 'Choose file deleted.mp4', film.path)
  await arrived(page, film)
})

test('a browser without room to remember says so, and the file arrives', async () => {
  const film = await stage.file('unremembered.mp4', 24 * MIB)
  const page = await open()
  const session = await page.context().newCDPSession(page)
  await session.send('Storage.overrideQuotaForOrigin', { origin: site.url, quotaSize: 1 })
  const parts = stage.watch('unremembered.mp4')
  parts.hold((partNumber) => partNumber > 1)
  await choose(page, film.path)
  await parts.untilStored(1)
  await rowOf(page, 'unremembered.mp4').getByText('no room to remember').waitFor()
  parts.release()
  await arrived(page, film)
})

interface Opening {
  readonly from?: Site
  readonly attributes?: string
  readonly policy?: string
}

/** A page with the element, in a profile of its own. */
async function open({ from = site, attributes = '', policy }: Opening = {}): Promise<Page> {
  const html = `<script type="module" src="${stage.apiUrl}/assets/partway-upload.js"></script>
    <partway-upload endpoint="${front.url}" ${attributes}></partway-upload>`
  const context = await stage.browser.newContext()
  await context.addInitScript(() => {
    // That dialog is the browser's own, which no test can answer.
    Reflect.deleteProperty(window, 'showOpenFilePicker')
    // Tries follow each other as soon as they may: they are spread by chance.
    const { random } = Math
    Math.random = () => random() / 20
  })
  const { page, errors } = await openTab(await context.newPage(), from.page(html, policy))
  uncaught.push(errors)
  await button(page, 'Choose files').waitFor()
  return page
}

/** Waits for what the row of a file says went wrong. */
async function problem(page: Page, name: string, sentence: string | RegExp): Promise<void> {
  const said = rowOf(page, name).locator('.problem[role=alert]').filter({ hasText: sentence })
  await said.waitFor()
  if (typeof sentence === 'string') expect(await textOf(said)).toBe(sentence)
}

async function press(page: Page, name: string): Promise<void> {
  await button(page, name).click()
}

async function chooseBy(page: Page, name: string, path: string): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), press(page, name)])
  await chooser.setFiles(path)
}

/** Waits until the file is stored as it is on the disk now, and what went wrong is no longer shown. */
async function arrived(page: Page, { name }: { readonly name: string }): Promise<void> {
  const row = rowOf(page, name)
  await row.and(page.locator('[data-state=done]')).waitFor()
  expect(await textOf(row.locator('.status'))).toMatch(/^Uploaded, checksum verified/)
  expect(await textOf(row.locator('.problem'))).toBe('')
}

/** Every sentence that an alert shows from now on. */
async function watchAlerts(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const seen: string[] = []
    const look = () => {
      const root = document.querySelector('partway-upload')?.shadowRoot
      for (const alert of root?.querySelectorAll<HTMLElement>('[role=alert]') ?? []) {
        const text = alert.textContent.trim()
        if (text && !seen.includes(text)) seen.push(text)
      }
    }
    const root = document.querySelector('partway-upload')?.shadowRoot
    if (root)
      new MutationObserver(look).observe(root, {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true,
      })
    Object.assign(window, { alertsSeen: seen })
  })
  return () => page.evaluate(() => (window as unknown as { alertsSeen: string[] }).alertsSeen)
}

function everyText(page: Page): Promise<string> {
  return page.evaluate(() => document.querySelector('partway-upload')?.shadowRoot?.textContent ?? '')
}

function problemAnswer(type: ProblemType, members: object = {}): Answer {
  const body = new ProblemError(type, 'Expected nothing; got an Error: undefined.', { ...members }).toBody(
    'r-1',
  )
  return {
    status: body.status,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/problem+json' },
  }
}

/** Has the store answer every part with an error. @returns has it take them */
async function storeSays(page: Page, status: number, code: string): Promise<() => void> {
  let mended = false
  const headers = { 'access-control-allow-origin': '*', 'content-type': 'application/xml' }
  const body = `<Error><Code>${code}</Code><Message>Expected nothing.</Message></Error>`
  await page.route(/partNumber=/, (route) =>
    mended ? route.continue() : route.fulfill({ status, headers, body }),
  )
  return () => {
    mended = true
  }
}

/** Changes the CORS rule of the bucket, from what the stack gives it. */
async function corsOf({ s3Url }: Stage): Promise<(changes: Partial<CORSRule>) => Promise<void>> {
  const s3 = new S3Client({
    endpoint: s3Url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: ROOT_CREDENTIALS,
  })
  const { Buckets } = await s3.send(new ListBucketsCommand({}))
  const Bucket = Buckets?.[0]?.Name
  const rule = {
    AllowedOrigins: [site.url],
    AllowedMethods: ['GET', 'PUT', 'POST', 'HEAD'],
    AllowedHeaders: ['*'],
    ExposeHeaders: ['ETag', 'x-amz-checksum-crc64nvme', 'Date'],
  }
  return async (changes) => {
    await s3.send(
      new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [{ ...rule, ...changes }] } }),
    )
  }
}
