import { expect, test } from 'vitest'
import type { PartwayUpload } from '../../element/partway-upload.ts'
import { launchChromium } from '../browser/chromium.ts'
import { bundleOverFakeQueue, openFakePage } from './fake-element.ts'

test('of two elements that share a queue, the one that is left gives the token once the other is gone', async () => {
  const browser = await launchChromium()
  try {
    const { page } = await openFakePage(
      browser,
      await bundleOverFakeQueue(),
      '<partway-upload id="a"></partway-upload><partway-upload id="b"></partway-upload>',
    )
    const seen: (string | undefined)[] = []
    await page.route('**/uploads*', (route) => {
      seen.push(route.request().headers().authorization)
      return route.fulfill({ json: { uploads: [] } })
    })
    const list = () =>
      page.evaluate(() => {
        const { client } = document.querySelector('#a') as PartwayUpload
        return client?.api.listUploads({}, new AbortController().signal)
      })
    await page.evaluate(() => {
      for (const element of document.querySelectorAll<PartwayUpload>('partway-upload'))
        element.token = () => element.id
    })
    await list()
    await page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const element = document.querySelector('#b') as PartwayUpload
          const look = () => (element.queue ? setTimeout(look) : resolve())
          element.remove()
          look()
        }),
    )
    await list()
    expect(seen).toEqual(['Bearer b', 'Bearer a'])
  } finally {
    await browser.close()
  }
})
