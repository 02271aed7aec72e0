import type { BrowserClient } from '../../client/browser/index.ts'
import { setText } from '../dom.ts'
import { formatDuration } from '../format.ts'
import { goToAttachment } from '../leaving.ts'
import type { PartwayUpload } from '../partway-upload.ts'
import type { QueueItem } from '../upload-queue.ts'
import { copyText } from './copy-text.ts'

/** What stands where the link will: it is signed when it is wanted, for it expires. */
export const LINK = 'Made when you copy it: it opens the file for whoever has it, and expires.'

/** Has the browser save what is stored. @returns what went wrong, for a person */
export async function save(client: BrowserClient, { item }: { item: QueueItem }): Promise<string> {
  try {
    goToAttachment((await sign(client, item)).url)
    return ''
  } catch (error) {
    return `${item.name}: ${await sentenceFor(error)}`
  }
}

/** Copies a link of what is stored. @param place says what came of it; shows the link where it cannot be copied */
export async function copyLink(
  item: QueueItem,
  place: HTMLElement,
  button: HTMLButtonElement,
): Promise<void> {
  const { client } = (button.getRootNode() as ShadowRoot).host as PartwayUpload
  if (!client) return
  try {
    const { url, expiresIn } = await sign(client, item)
    if (await copyText(place, button, url))
      setText(place, `Copied. It opens the file for whoever has it, for ${formatDuration(expiresIn)}.`)
  } catch (error) {
    setText(place, await sentenceFor(error))
  }
}

const sign = ({ api }: BrowserClient, { result }: QueueItem) =>
  api.download({ key: result?.key ?? '' }, new AbortController().signal)

async function sentenceFor(error: unknown): Promise<string> {
  const { problemOf } = await import('../explain.ts')
  return problemOf(error).sentence
}
