import { afterEach, expect, test } from 'vitest'
import { launchFirefox } from './firefox.ts'

const before = process.env.PARTWAY_FIREFOX
afterEach(() => {
  if (before === undefined) delete process.env.PARTWAY_FIREFOX
  else process.env.PARTWAY_FIREFOX = before
})

test('a variable that names no browser is an error that says what to do', () => {
  process.env.PARTWAY_FIREFOX = '/no/such/browser'
  expect(() => launchFirefox()).toThrow(
    "Expected Firefox at /no/such/browser; install Debian's firefox-esr, or set PARTWAY_FIREFOX",
  )
})
