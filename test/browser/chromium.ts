import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, LaunchOptions } from 'playwright-core'
import { chromium as playwrightChromium } from 'playwright-core'
import { unpackChromium } from './unpack.ts'

/** Names another browser of Chromium's family: needed on macOS, Windows and Arm, and for a second opinion. */
const OTHER_BROWSER = 'PARTWAY_CHROMIUM'

const MODULES = join(import.meta.dirname, '../../node_modules')
const PACKAGE = join(MODULES, '@sparticuz/chromium')
const LIBRARY_FOLDERS = [
  '/lib/x86_64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu',
  '/lib64',
  '/usr/lib64',
  '/usr/lib',
]

/** Web security stays on, for CORS is part of what is tested; nothing calls home. */
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Chromium {
  executablePath: string
  args: string[]
  env: Record<string, string>
}

/**
 * A Chromium to test with, and how to start it: the one that `PARTWAY_CHROMIUM` names, else the headless shell
 * out of the npm package `@sparticuz/chromium`, unpacked at first use.
 *
 * @throws Error where the variable names no file, or where the package has no binary for this platform.
 */
export async function chromium(): Promise<Chromium> {
  const env = environment()
  const other = env[OTHER_BROWSER]
  if (other) {
    if (existsSync(other)) return { executablePath: other, args: ARGS, env }
    throw new Error(`expected ${OTHER_BROWSER} to name a browser, got ${other}, which does not exist`)
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `expected Linux on x64, which the bundled Chromium is built for, got ${process.platform} on ` +
        `${process.arch}; set ${OTHER_BROWSER} to the path of a Chrome or Chromium`,
    )
  }
  const { version } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as { version: string }
  const folder = join(MODULES, '.cache', `partway-chromium-${version}`)
  await unpackChromium(join(PACKAGE, 'bin'), folder)
  return {
    executablePath: join(folder, 'chromium'),
    args: ARGS,
    env: { ...env, FONTCONFIG_FILE: join(folder, 'fonts.conf'), ...libraryPath(folder, env) },
  }
}

/** Starts the browser of {@link chromium} under Playwright; the caller closes it. */
export async function launchChromium(options: LaunchOptions = {}): Promise<Browser> {
  const { executablePath, args, env } = await chromium()
  return playwrightChromium.launch({
    ...options,
    executablePath,
    args: [...args, ...(options.args ?? [])],
    env: { ...env, ...options.env },
  })
}

/** This process's, in a locale of UTF-8: without one, Chromium misreads the names of the files that it is given. */
function environment(): Chromium['env'] {
  const set = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { ...Object.fromEntries(set), LC_ALL: 'C.UTF-8' }
}

/** The package's own NSS, only for hosts without one: elsewhere it could shadow libraries that fit better. */
function libraryPath(folder: string, env: Chromium['env']): { LD_LIBRARY_PATH?: string } {
  if (LIBRARY_FOLDERS.some((path) => existsSync(join(path, 'libnss3.so')))) return {}
  const own = join(folder, 'al2023/lib')
  return { LD_LIBRARY_PATH: env.LD_LIBRARY_PATH ? `${own}:${env.LD_LIBRARY_PATH}` : own }
}
