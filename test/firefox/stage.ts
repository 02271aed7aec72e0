import type { ElementHandle, Page } from 'puppeteer-core'
import { type Backstage, buildBackstage, standing } from '../web/backstage.ts'
import { launchFirefox } from './firefox.ts'

const PATIENCE_MS = 20_000

/** The page in Firefox. Selectors reach into shadow roots. */
export interface FirefoxTab {
  readonly page: Page
  /** Exceptions that nobody caught. */
  readonly errors: readonly string[]
  choose(...paths: string[]): Promise<void>
  /** Waits for the button of that name, and clicks it. */
  click(name: string): Promise<void>
  /** Waits until an element has such a text. */
  text(selector: string, pattern: RegExp): Promise<string>
  title(pattern: RegExp): Promise<void>
}

export interface FirefoxStage extends Backstage {
  /** A tab of a profile of its own. */
  open(): Promise<FirefoxTab>
  /** Another tab of the profile of that one. */
  openBeside(tab: FirefoxTab): Promise<FirefoxTab>
  close(): Promise<void>
}

export function openFirefoxStage(): Promise<FirefoxStage> {
  return standing(async (undo) => {
    const browser = await launchFirefox()
    undo.push(() => browser.close())
    const backstage = await buildBackstage({}, undo)
    const on = async (page: Page) => {
      await page.goto(backstage.apiUrl)
      return tabOf(page)
    }
    return {
      ...backstage,
      open: async () => on(await (await browser.createBrowserContext()).newPage()),
      openBeside: async ({ page }) => on(await page.browserContext().newPage()),
    }
  })
}

function tabOf(page: Page): FirefoxTab {
  page.setDefaultTimeout(PATIENCE_MS)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  return {
    page,
    errors,
    async choose(...paths) {
      const input = await page.waitForSelector('>>> input[type=file]:not([webkitdirectory])')
      await (input as ElementHandle<HTMLInputElement>).uploadFile(...paths)
    },
    async click(name) {
      const button = await page.waitForFunction(
        (name) => {
          const buttons =
            document.querySelector('partway-upload')?.shadowRoot?.querySelectorAll('button') ?? []
          return [...buttons].find((button) => {
            const itsName = button.ariaLabel ?? button.textContent
            return itsName.trim() === name && button.checkVisibility()
          })
        },
        {},
        name,
      )
      await (button.asElement() as ElementHandle<HTMLButtonElement> | null)?.click()
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
