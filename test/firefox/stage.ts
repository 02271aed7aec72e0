import type { BrowserContext, ElementHandle, Page } from 'puppeteer-core'
import { type Backstage, buildBackstage, standing } from '../web/backstage.ts'
import { launchFirefox } from './firefox.ts'

const PATIENCE_MS = 30_000

/** The page in Firefox. Selectors reach into shadow roots. */
export interface FirefoxTab {
  readonly page: Page
  /** Exceptions that nobody caught. */
  readonly errors: readonly string[]
  choose(...paths: string[]): Promise<void>
  /** Waits for the button of that name, and clicks it. */
  click(name: string): Promise<void>
  /** Opens what a row shows besides, where it is not open. */
  details(name: string): Promise<void>
  /** Waits until an element has such a text. */
  text(selector: string, pattern: RegExp): Promise<string>
  title(pattern: RegExp): Promise<void>
}

export interface FirefoxStage extends Backstage {
  /** A tab of a profile of its own. */
  open(): Promise<FirefoxTab>
  /** Another tab of the profile of that one. */
  openBeside(tab: FirefoxTab): Promise<FirefoxTab>
  /** With their profiles. */
  closeTabs(): Promise<void>
  close(): Promise<void>
}

export function openFirefoxStage(): Promise<FirefoxStage> {
  return standing(async (undo) => {
    const browser = await launchFirefox()
    undo.push(() => browser.close())
    const backstage = await buildBackstage({}, undo)
    const contexts: BrowserContext[] = []
    const on = async (page: Page) => {
      await page.goto(backstage.apiUrl)
      return tabOf(page)
    }
    return {
      ...backstage,
      async open() {
        const context = await browser.createBrowserContext()
        contexts.push(context)
        return on(await context.newPage())
      },
      openBeside: async ({ page }) => on(await page.browserContext().newPage()),
      async closeTabs() {
        for (const context of contexts.splice(0)) await context.close()
      },
    }
  })
}

function tabOf(page: Page): FirefoxTab {
  page.setDefaultTimeout(PATIENCE_MS)
  const errors: string[] = []
  // Before a page is left on which something moves, this browser asks.
  page.on('dialog', (dialog) => dialog.accept())
  page.on('pageerror', (error) => errors.push(String(error)))
  const buttonOf = async (name: string) => {
    const button = await page.waitForFunction(
      (name) => {
        const buttons = document.querySelector('partway-upload')?.shadowRoot?.querySelectorAll('button') ?? []
        return [...buttons].find((button) => {
          const itsName = button.ariaLabel ?? button.textContent
          return itsName.trim() === name && button.checkVisibility()
        })
      },
      {},
      name,
    )
    return button as ElementHandle<HTMLButtonElement>
  }
  return {
    page,
    errors,
    async choose(...paths) {
      const input = await page.waitForSelector('>>> input[type=file]:not([webkitdirectory])')
      await (input as ElementHandle<HTMLInputElement>).uploadFile(...paths)
    },
    click: async (name) => (await buttonOf(name)).click(),
    async details(name) {
      const button = await buttonOf(`Details of ${name}`)
      if (await button.evaluate(({ ariaExpanded }) => ariaExpanded === 'false')) await button.click()
    },
    async text(selector, pattern) {
      const element = await page.waitForSelector(`>>> ${selector}`)
      const found = await page.waitForFunction(
        (element, source) => {
          const text = element?.textContent ?? ''
          return new RegExp(source).test(text) ? text : ''
        },
        {},
        element,
        pattern.source,
      )
      return (await found.jsonValue()).replaceAll('\u00a0', ' ')
    },
    async title(pattern) {
      await page.waitForFunction((source) => new RegExp(source).test(document.title), {}, pattern.source)
    },
  }
}
