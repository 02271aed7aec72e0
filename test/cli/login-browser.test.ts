import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { signInByBrowser } from '../../cli/login-browser.ts'
import { signInByCode } from '../../cli/login-device.ts'
import { discover } from '../../cli/login-issuer.ts'
import { startOidcIssuer } from '../../local/oidc-issuer.ts'
import { approveInBrowser } from '../api/oidc.ts'

/** An issuer without the device flow, as Amazon Cognito is: the browser is led back to the command. */

const { signal } = new AbortController()

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function open() {
  const callback = `http://localhost:${await freePort()}/signed-in`
  const options = { port: 0, origins: ['http://localhost:1'], redirectUris: [callback], deviceFlow: false }
  const issuer = await startOidcIssuer(options)
  onTestFinished(() => issuer.close())
  return { callback, discovered: await discover({ issuer: issuer.url, clientId: issuer.clientId }) }
}

test('the browser is led back with a code, which becomes tokens', async () => {
  const { callback, discovered } = await open()
  expect(await signInByCode(discovered, () => {}, signal)).toBeUndefined()
  const answer = await signInByBrowser(discovered, {
    callback,
    signal,
    show: (url) => void approveInBrowser(url, 'anna'),
  })
  expect(answer).toMatchObject({ access_token: expect.any(String), refresh_token: expect.any(String) })
})

test('an answer to another sign-in is none, and the issuer’s no is told', async () => {
  const { callback, discovered } = await open()
  const shown = Promise.withResolvers<URL>()
  const signIn = signInByBrowser(discovered, { callback, signal, show: (url) => shown.resolve(new URL(url)) })
  const refused = expect(signIn).rejects.toMatchObject({ error: 'access_denied' })
  const state = (await shown.promise).searchParams.get('state')
  const issuer = discovered.configuration.serverMetadata().issuer
  expect((await fetch(`${callback}?state=forged&code=x`)).status).toBe(400)
  expect((await fetch(new URL('/', callback))).status).toBe(404)
  const no = new URLSearchParams({ state: state ?? '', error: 'access_denied', iss: issuer })
  expect(await (await fetch(`${callback}?${no}`)).text()).toContain('Go on in the terminal')
  await refused
})

test('who gives up is let go, and the port is free again', async () => {
  const { callback, discovered } = await open()
  for (const _ of [1, 2]) {
    const stop = new AbortController()
    const signIn = signInByBrowser(discovered, {
      callback,
      signal: stop.signal,
      show: () => stop.abort(new Error('stopped')),
    })
    await expect(signIn).rejects.toThrow('stopped')
  }
})

test('a port that another program has is named', async () => {
  const { callback, discovered } = await open()
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(Number(new URL(callback).port), '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  await expect(signInByBrowser(discovered, { callback, signal, show: () => {} })).rejects.toThrow(
    new RegExp(`EADDRINUSE.*${new URL(callback).port}`),
  )
})
