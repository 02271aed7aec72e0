import type { BrowserClient } from '../client/browser/index.ts'
import { goToAttachment } from './leaving.ts'

/**
 * Has the browser save an object, under its own name.
 * @throws {PartwayError} where the API gives no URL
 */
export async function saveObject({ api }: BrowserClient, key: string): Promise<void> {
  const { url } = await api.download({ key }, new AbortController().signal)
  goToAttachment(url)
}
