import { join } from 'node:path'
import type { Page, Request, Response, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { PartwayUpload } from '../../element/partway-upload.ts'
import { MIB } from '../../protocol/limits.ts'
import { routes } from '../../protocol/routes.ts'
import { ask, call } from '../api/local-aws.ts'
import { signInAs } from '../api/oidc.ts'
import { axeFindings } from './axe.ts'
import { button, lineOf, openStage, rowOf, SCREENSHOTS, type Stage, watchParts } from './stage.ts'

/** Shorter than the slow uploads here take, and than the time that the page wants a token to have left. */
const TOKEN_SECONDS = 2
/** 24 MiB take three seconds. */
const SLOW = 8 * MIB
const EXPIRED = 'Your sign-in has expired.'

let stage: Stage

beforeAll(async () => {
  stage = await openStage({ auth: 'jwt', tokenSeconds: TOKEN_SECONDS })
}, 60_000)
afterAll(() => stage?.close())
afterEach(() => Promise.all(stage.browser.contexts().map((context) => context.close())))

test.each(['light', 'dark'] as const)(
  'a page that nobody is signed in on takes no files, and says how to, in %s colours',
  async (colorScheme) => {
    const { page, errors } = await stage.open({ colorScheme })
    await page.getByRole('heading', { name: 'Sign in to send files' }).waitFor()
    expect(await button(page, 'Choose files').count()).toBe(0)
    expect(await button(page, 'Sign out').isVisible()).toBe(false)
    await page.screenshot({ path: join(SCREENSHOTS, `signed-out-${colorScheme}.png`) })
    expect(await axeFindings(page)).toEqual([])
    expect(errors).toEqual([])
  },
)

test('signed in, a person sends a file that no other can see or fetch', async () => {
  const film = await stage.file('film.mp4', 20 * MIB)
  const { page, errors } = await stage.open()
  const requests: Request[] = []
  page.on('request', (request) => requests.push(request))
  await signIn(page, 'Anna')

  await page.setInputFiles('#files', film.path)
  await page.waitForFunction(() => document.title === 'Done · Partway')
  await page.screenshot({ path: join(SCREENSHOTS, 'signed-in-light.png') })
  const key = await lineOf(page, 'film.mp4', 'dd.key')
  expect(requests.filter((request) => request.method() === 'PUT')).toHaveLength(3)
  expect([...new Set(requests.filter(sendsToken).map(originOf))]).toEqual([stage.apiUrl])

  const bert = await signInAs(stage.issuerUrl, stage.apiUrl, 'Bert')
  const body = { key }
  expect(await call(stage.apiUrl, routes.download, { token: bert, body })).toMatchObject({ status: 403 })
  expect(await ask(stage.apiUrl, routes['list-objects'], { token: bert })).toEqual({ objects: [] })
  const anna = await signInAs(stage.issuerUrl, stage.apiUrl, 'Anna')
  const { objects } = await ask(stage.apiUrl, routes['list-objects'], { token: anna })
  expect(objects.map((object) => object.key)).toEqual([key])
  expect(errors).toEqual([])
})

test('a reload keeps the sign-in, another tab of the browser asks for none of its tokens, signing out ends it', async () => {
  const { page } = await stage.open()
  await signIn(page, 'Anna')
  await page.reload()
  await page.getByText('Anna').waitFor()
  expect(page.url()).toBe(`${stage.apiUrl}/`)

  const other = await page.context().newPage()
  await other.goto(stage.apiUrl)
  await button(other, 'Sign in').waitFor()

  await signOut(page)
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
})

test('a token that dies while a file is under way is renewed, and nobody notices', async () => {
  const film = await stage.file('renewed.mp4', 24 * MIB)
  const { page, network, errors } = await stage.open()
  const renewals = tokenRequests(page)
  await signIn(page, 'Anna')
  await network(SLOW)

  await page.setInputFiles('#files', film.path)
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(renewals.at(-1)).toContain('grant_type=refresh_token')
  expect(await page.getByText(EXPIRED).isVisible()).toBe(false)
  expect(errors).toEqual([])
})

test('a sign-in that cannot be renewed waits for the person, in a window beside the page, and the file goes on', async () => {
  const film = await stage.file('waited.mp4', 24 * MIB)
  const { page, network, errors } = await stage.open()
  const parts = watchParts(page)
  await signIn(page, 'Anna')
  await network(SLOW)
  await page.setInputFiles('#files', film.path)
  await parts.until(1)
  await page.route(`${stage.issuerUrl}/token`, refuseToRenew)
  await page.getByRole('alert').getByText(EXPIRED).waitFor()
  await page.screenshot({ path: join(SCREENSHOTS, 'expired-light.png') })
  expect(await axeFindings(page)).toEqual([])
  expect(await lineOf(page, 'waited.mp4', '.problem')).toBe('')
  await page.unroute(`${stage.issuerUrl}/token`)

  const [popup] = await Promise.all([page.waitForEvent('popup'), button(page, 'Sign in').click()])
  // The issuer may still know who this is, and then asks nothing.
  if (!popup.isClosed()) await popup.waitForEvent('close')
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(await page.getByText(EXPIRED).isVisible()).toBe(false)
  expect(parts.sent.toSorted()).toEqual([1, 2, 3])
  expect(errors).toEqual([])
})

test('a sign-in that expired while nothing moves is told as well', async () => {
  const { page, errors } = await stage.open()
  await signIn(page, 'Anna')
  await page.waitForLoadState('networkidle')
  await page.route(`${stage.issuerUrl}/token`, refuseToRenew)
  await page.reload()
  await page.getByRole('alert').getByText(EXPIRED).waitFor()
  await page.unroute(`${stage.issuerUrl}/token`)
  const [popup] = await Promise.all([page.waitForEvent('popup'), button(page, 'Sign in').click()])
  if (!popup.isClosed()) await popup.waitForEvent('close')
  await page.getByText(EXPIRED).waitFor({ state: 'hidden' })
  await allIsListed(page)
  expect(errors).toEqual([])
})

test('a token that the API refuses before its time is renewed, and the call made again', async () => {
  const film = await stage.file('refused.mp4', 1 * MIB)
  const { page, errors } = await stage.open()
  const renewals = tokenRequests(page)
  const refusals: Response[] = []
  page.on('response', (response) => response.status() === 401 && refusals.push(response))
  // What the page asks for at its start would renew the token under this test.
  const listed = ['/uploads', '/objects'].map((path) =>
    page.waitForResponse((response) => new URL(response.url()).pathname === path),
  )
  await signIn(page, 'Anna')
  await Promise.all(listed)
  await page.evaluate(() => {
    const [name = ''] = Object.keys(sessionStorage)
    const user = JSON.parse(sessionStorage.getItem(name) ?? '')
    const signature = /[^.]+$/
    const forged = { access_token: user.access_token.replace(signature, 'x'), expires_at: Date.now() }
    sessionStorage.setItem(name, JSON.stringify({ ...user, ...forged }))
  })

  await page.setInputFiles('#files', film.path)
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(refusals.map((response) => response.url())).toEqual([`${stage.apiUrl}/uploads`])
  expect(renewals.at(-1)).toContain('grant_type=refresh_token')
  expect(errors).toEqual([])
})

test('a sign-in that the issuer refuses is told, and the page is as before', async () => {
  const { page } = await stage.open()
  const [request] = await Promise.all([
    page.waitForRequest((request) => request.url().startsWith(`${stage.issuerUrl}/auth?`)),
    button(page, 'Sign in').click(),
  ])
  await page.getByLabel('Any name will do').waitFor()
  const state = new URL(request.url()).searchParams.get('state') ?? ''
  await page.goto(`${stage.apiUrl}/?${new URLSearchParams({ error: 'access_denied', state })}`)
  await page.getByRole('alert').getByText('Signing in came to nothing (access_denied). Try again.').waitFor()
  expect(page.url()).toBe(`${stage.apiUrl}/`)
  await button(page, 'Sign in').waitFor()
})

test('what one person left unfinished is theirs: the next does not see it, and may send the same file', async () => {
  const film = await stage.file('shared.mp4', 24 * MIB)
  const { page, network } = await stage.open()
  const parts = watchParts(page)
  await signIn(page, 'Anna')
  await network(SLOW)
  await page.setInputFiles('#files', film.path)
  await parts.until(1)
  await page.reload()
  await signOut(page)

  await signIn(page, 'Bert')
  await allIsListed(page)
  expect(await page.getByRole('listitem').count()).toBe(0)
  await network('fast')
  await page.setInputFiles('#files', film.path)
  await page.waitForFunction(() => document.title === 'Done · Partway')
  await signOut(page)

  await signIn(page, 'Anna')
  await rowOf(page, 'shared.mp4').waitFor()
})

test('on a phone in the dark, a long name and what has expired fit', async () => {
  const film = await stage.file('dark.mp4', 1 * MIB)
  const { page } = await stage.open({ colorScheme: 'dark', viewport: { width: 360, height: 780 } })
  await signIn(page, 'Anna-Magdalena.von-und-zu-Hohenstaufen@department.example.com')
  await page.route(`${stage.issuerUrl}/token`, refuseToRenew)
  await page.setInputFiles('#files', film.path)
  await page.getByRole('alert').getByText(EXPIRED).waitFor()
  await page.screenshot({ path: join(SCREENSHOTS, 'expired-dark-phone.png') })
  expect(await axeFindings(page)).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
})

/** As an issuer does whose refresh token has had its time. */
function refuseToRenew(route: Route): Promise<void> {
  return route.fulfill({
    status: 400,
    headers: { 'access-control-allow-origin': stage.apiUrl },
    json: { error: 'invalid_grant' },
  })
}

/** Waits until what is unfinished here and on the server is in the list. */
function allIsListed(page: Page): Promise<void> {
  return page.locator('partway-upload').evaluate((element: PartwayUpload) => element.queue?.ready)
}

async function signIn(page: Page, name: string): Promise<void> {
  await button(page, 'Sign in').click()
  await page.getByLabel('Any name will do').fill(name)
  await button(page, 'Sign in').click()
  await page.getByText(name, { exact: true }).waitFor()
}

async function signOut(page: Page): Promise<void> {
  await button(page, 'Sign out').click()
  await page.getByRole('button', { name: 'Yes, sign me out' }).click()
  await button(page, 'Sign in').waitFor()
}

function sendsToken(request: Request): boolean {
  return request.headers().authorization?.startsWith('Bearer ') ?? false
}

function originOf(request: Request): string {
  return new URL(request.url()).origin
}

/** What the page asks tokens for, as it goes over the wire. */
function tokenRequests(page: Page): string[] {
  const bodies: string[] = []
  page.on('request', (request) => {
    if (request.url() === `${stage.issuerUrl}/token`) bodies.push(request.postData() ?? '')
  })
  return bodies
}
