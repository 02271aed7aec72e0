import type { BrowserClient } from '../client/browser/index.ts'

/**
 * Has the browser save an object, under its own name.
 * @throws {PartwayError} where the API gives no URL
 */
export async function saveObject({ api }: BrowserClient, key: string): Promise<void> {
  const { url } = await api.download({ key }, new AbortController().signal)
  // The answer is an attachment and the page stays: this once, there is nothing to warn of.
  addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), { capture: true, once: true })
  location.assign(url)
}
