import { existsSync } from 'node:fs'
import { type Browser, launch } from 'puppeteer-core'

/** Names the browser, where it is not where Debian has it. */
const BROWSER = 'PARTWAY_FIREFOX'
const DEBIAN = '/usr/bin/firefox-esr'

/** Where requests to anywhere but this machine go: nobody listens there. */
const NOWHERE = { host: '127.0.0.1', port: 9 }

/**
 * Starts a Firefox that knows nothing but this machine, with a profile of its own; the caller closes it.
 *
 * @throws Error where there is none.
 */
export function launchFirefox(): Promise<Browser> {
  return launch({
    browser: 'firefox',
    executablePath: executablePath(),
    headless: true,
    defaultViewport: { width: 1024, height: 768 },
    extraPrefsFirefox: {
      'network.proxy.type': 1,
      'network.proxy.http': NOWHERE.host,
      'network.proxy.http_port': NOWHERE.port,
      'network.proxy.ssl': NOWHERE.host,
      'network.proxy.ssl_port': NOWHERE.port,
      'network.proxy.no_proxies_on': 'localhost, 127.0.0.1',
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
    },
  })
}

function executablePath(): string {
  const path = process.env[BROWSER] ?? DEBIAN
  if (existsSync(path)) return path
  throw new Error(
    `Expected Firefox at ${path}; install Debian's firefox-esr, or set ${BROWSER} to the path of another.`,
  )
}
