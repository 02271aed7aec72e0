import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium as playwrightChromium } from 'playwright-core'
import { chromium } from '../browser/chromium.ts'
import { killBrowser } from '../browser/kill-browser.ts'
import { openTab, type Stage, type Tab } from './stage.ts'

/** A browser of its own, on the page, in a profile that outlives it. */
export interface ProfileTab extends Tab {
  /** As by `kill -9`, at once. */
  kill(): void
  close(): Promise<void>
}

/** @param name of the profile: the next browser of that name finds what this one stored */
export async function openProfile({ folder, apiUrl }: Stage, name: string): Promise<ProfileTab> {
  const { executablePath, args, env } = await chromium()
  const profile = join(folder, `profile-${name}`)
  // What a killed browser leaves would make the next one think that it still runs.
  for (const lock of ['SingletonLock', 'SingletonCookie', 'SingletonSocket'])
    await rm(join(profile, lock), { force: true })
  const context = await playwrightChromium.launchPersistentContext(profile, { executablePath, args, env })
  const [page = await context.newPage()] = context.pages()
  return {
    ...(await openTab(page, apiUrl)),
    kill: () => killBrowser(profile),
    close: () => context.close(),
  }
}
