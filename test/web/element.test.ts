import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { PartwayUpload } from '../../element/partway-upload.ts'
import { launchChromium } from '../browser/chromium.ts'
import { bundleOverFakeQueue, openFakePage } from './fake-element.ts'
import { focused } from './list.ts'

const ROOT = join(import.meta.dirname, '../..')

let browser: Browser
let script: string
let errors: string[] = []

beforeAll(async () => {
  script = await bundleOverFakeQueue()
  browser = await launchChromium()
}, 60_000)
afterAll(() => browser?.close())
afterEach(async () => {
  expect(errors).toEqual([])
  await Promise.all(browser.contexts().map((context) => context.close()))
})

/** A page that has nothing but the element, over a queue without a network. */
async function open(html?: string): Promise<Page> {
  const opened = await openFakePage(browser, script, html)
  errors = opened.errors
  return opened.page
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const asked = (page: Page) => page.evaluate(() => fakeQueue.asked.splice(0))
const drawn = (page: Page) => page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 150)))

test('the committed style is what style.css minifies to', () => {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build-style.mjs'), '--check'])
})

test('where there are no elements, such as on a server that renders pages, it can be imported all the same', async () => {
  const { PartwayUpload } = await import('../../element/partway-upload.ts')
  expect(PartwayUpload.observedAttributes).toEqual(['endpoint'])
})

describe('a row', () => {
  test.each([
    ['Pause', { state: 'uploading' }, 'pause'],
    ['Resume', { state: 'paused' }, 'resume'],
    ['Resume', { state: 'unfinished', needs: 'click' }, 'resume'],
    ['Retry', { state: 'resumable', problem: { code: 'x', sentence: 'X.', action: 'retry' } }, 'retry'],
    ['Send again', { state: 'failed', problem: { code: 'x', sentence: 'X.', action: 'restart' } }, 'restart'],
    ['Remove', { state: 'failed', problem: { code: 'x', sentence: 'X.', action: 'remove' } }, 'remove'],
    ['Remove from the list:', { state: 'done', bytes: 2e9 }, 'remove'],
  ] as const)('asks the queue to do what its button says: %s', async (label, changes, what) => {
    const page = await open()
    await page.evaluate(
      (changes) => fakeQueue.put(fakeItem('a.mov', changes), fakeItem('b.mov', changes)),
      changes,
    )
    await button(page, `${label} b.mov`).click()
    expect(await asked(page)).toEqual([`${what} b.mov`])
  })

  test('that holds arrived bytes asks before they are dropped, and Escape keeps them', async () => {
    const page = await open()
    await page.evaluate(() => fakeQueue.put(fakeItem('a.mov', { bytes: 1.2e9 })))
    await button(page, 'Cancel a.mov').click()
    await page
      .getByRole('group', { name: 'Cancel this upload? The 1.20 GB that have arrived will be lost.' })
      .waitFor()
    expect(await focused(page)).toBe('Keep')
    await page.keyboard.press('Escape')
    expect(await focused(page)).toBe('Cancel a.mov')
    await page.keyboard.press('Enter')
    await button(page, 'Keep').click()
    expect(await focused(page)).toBe('Cancel a.mov')
    expect(await asked(page)).toEqual([])
    await button(page, 'Cancel a.mov').click()
    await button(page, 'Cancel upload').click()
    expect(await asked(page)).toEqual(['cancel a.mov'])
    expect(await page.getByRole('group').count()).toBe(0)
  })

  test('of which nothing has arrived is cancelled at once', async () => {
    const page = await open()
    await page.evaluate(() => fakeQueue.put(fakeItem('a.mov', { state: 'queued', bytes: 0 })))
    await button(page, 'Cancel a.mov').click()
    expect(await asked(page)).toEqual(['cancel a.mov'])
  })

  test('is made once, and written to when its item changed', async () => {
    const page = await open()
    await page.evaluate(() => fakeQueue.put(...manyItems(500)))
    await page.locator('li').nth(499).waitFor({ state: 'attached' })
    const { written, made } = await page.evaluate(async () => {
      const list = document.querySelector('partway-upload')?.shadowRoot?.querySelector('ul') as HTMLElement
      const rows = [...list.children]
      const written = new Set<number>()
      const observer = new MutationObserver((records) => {
        for (const { target } of records)
          written.add(
            rows.indexOf(
              (target instanceof Element ? target : target.parentElement)?.closest('li') as Element,
            ),
          )
      })
      observer.observe(list, { subtree: true, childList: true, characterData: true, attributes: true })
      for (let round = 0; round < 3; round++) {
        fakeQueue.change('Reel 1 uploading.mov', { bytes: 1e6 + round })
        fakeQueue.change('Reel 17 uploading.mov', { bytes: 1e6 + round })
        await new Promise((resolve) => setTimeout(resolve, 150))
      }
      return {
        written: [...written].sort(),
        made: [...list.children].every((row, index) => row === rows[index]),
      }
    })
    expect(made).toBe(true)
    expect(written).toEqual([0, 16])
  })

  test('shows a map of its parts once it is opened, and tells it in words', async () => {
    const page = await open()
    await page.evaluate(() => fakeQueue.put(fakeItem('a.mov', { parts: '##+>!...' }), fakeItem('b.mov')))
    expect(await page.locator('canvas').count()).toBe(0)
    const opener = button(page, 'Details of a.mov')
    await opener.click()
    const map = page.getByRole('img', {
      name: '8 parts of a.mov: 2 stored, 1 stored after another try, 1 moving, 1 trying again, 3 to go',
    })
    await map.waitFor()
    expect(await opener.getAttribute('aria-expanded')).toBe('true')
    expect(await coloursOf(page)).toBeGreaterThan(2)
    await page.evaluate(() => fakeQueue.change('a.mov', { parts: '########' }))
    await page.getByRole('img', { name: '8 parts of a.mov: 8 stored' }).waitFor()
    expect(await coloursOf(page)).toBe(1)
    await opener.click()
    await map.waitFor({ state: 'detached' })
    expect(await page.locator('canvas').count()).toBe(0)
  })

  test('whose details are wanted without a network opens all the same: they were loaded ahead', async () => {
    const page = await open()
    const ahead = ['admission', 'details', 'diagnose', 'explain', 'folders', 'runner']
    const loaded = ahead.map((name) =>
      page.waitForResponse((response) => response.url().includes(`/${name}-`)),
    )
    await page.reload({ waitUntil: 'networkidle' })
    await Promise.all(loaded)
    await page.route('**/*.js', (route) => route.abort())
    await page.evaluate(() => fakeQueue.put(fakeItem('a.mov')))
    await button(page, 'Details of a.mov').click()
    await page.getByText('116 stored').waitFor()
  })

  test('whose details did not come says so', async () => {
    const page = await open()
    await page.route(/\/details-\w+\.js$/, (route) => route.abort())
    await page.reload()
    await page.getByRole('alert').getByText('This could not be loaded.').waitFor()
    await page.evaluate(() => fakeQueue.put(fakeItem('a.mov')))
    await page.getByRole('button', { name: 'Close' }).click()
    await button(page, 'Details of a.mov').click()
    await page.getByRole('alert').getByText('This could not be loaded.').waitFor()
    expect(await button(page, 'Details of a.mov').getAttribute('aria-expanded')).toBe('false')
  })

  test('alone in the list says at the end what was verified, and lets it be copied', async () => {
    const page = await open()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.evaluate(() => fakeQueue.put(fakeItem('a.mov')))
    await page.getByText('Uploading').waitFor()
    await page.evaluate(() => fakeQueue.put({ ...fakeItem('a.mov'), ...fakeStates.done }))
    await page.getByText('Checksum verified:').waitFor()
    for (const [what, value] of [
      ['checksum', 'CRC64NVME rosUhgoASJk='],
      ['key', 'uploads/public/0198f2a4-7c1e-7bb2-9d2e-1f0a7c3e5d11-t8kq80-8/film.mov'],
    ] as const) {
      await button(page, `Copy ${what} of a.mov`).click()
      await button(page, 'Copied').first().waitFor()
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(value)
    }
    expect(await button(page, 'Download a.mov').isVisible()).toBe(true)
  })
})

describe('of what is stored', () => {
  const KEY = 'uploads/public/0198f2a4-7c1e-7bb2-9d2e-1f0a7c3e5d11-t8kq80-8/film.mov'
  const URL_SIGNED = 'http://localhost:1/film.mov?X-Amz-Signature=abc'

  /** @param status of the API, when it is asked for a link */
  async function openDone(status: number): Promise<{ page: Page; keys: string[] }> {
    const page = await open()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    const keys: string[] = []
    await page.route('**/downloads', (route) => {
      keys.push(route.request().postDataJSON().key)
      const expiry = { expiresAt: '2026-11-21T23:00:00.000Z', expiresIn: 3600 }
      const file = { fileName: 'film.mov', size: 2e9, etag: 'abc', contentType: 'video/quicktime' }
      const problem = { type: 'urn:partway:problem:object-unknown', title: 'No such object', status }
      const json = status === 200 ? { key: KEY, url: URL_SIGNED, ...file, ...expiry } : problem
      return route.fulfill({ status, json })
    })
    await page.evaluate(() => fakeQueue.put({ ...fakeItem('a.mov'), ...fakeStates.done }))
    await button(page, 'Details of a.mov').click()
    return { page, keys }
  }

  test('a link that opens is made when it is copied, and says for how long', async () => {
    const { page, keys } = await openDone(200)
    await page.getByText('Made when you copy it').waitFor()
    await button(page, 'Copy link of a.mov').click()
    await page.getByText('Copied. It opens the file for whoever has it, for 1 h.').waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(URL_SIGNED)
    expect(keys).toEqual([KEY])
  })

  test('the link is shown, ready to be copied, where the browser lets no page copy', async () => {
    const { page } = await openDone(200)
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
    await button(page, 'Copy link of a.mov').click()
    await page.getByText(URL_SIGNED).waitFor()
    await button(page, 'Selected, ready to be copied').waitFor()
  })

  test('that is gone, link and download say so in place of an error page', async () => {
    const { page } = await openDone(404)
    await button(page, 'Copy link of a.mov').click()
    await page.locator('dd.link').getByText('The storage no longer has this').waitFor()
    await button(page, 'Download a.mov').click()
    await page.getByRole('alert').getByText('a.mov: The storage no longer has this').waitFor()
  })
})

describe('the keyboard is handed on', () => {
  test('by a button that goes', async () => {
    const page = await open()
    await page.evaluate(() => fakeQueue.put(fakeItem('a.mov')))
    await button(page, 'Pause a.mov').focus()
    await page.evaluate(() => fakeQueue.put({ ...fakeItem('a.mov'), ...fakeStates.done }))
    await button(page, 'Download a.mov').waitFor()
    expect(await focused(page)).toBe('Download a.mov')
  })

  test('by a row that goes, to its neighbour, and by the last one to where files are chosen', async () => {
    const page = await open()
    await page.evaluate(() => fakeQueue.put(...['a.mov', 'b.mov', 'c.mov'].map((name) => fakeItem(name))))
    await button(page, 'Cancel b.mov').focus()
    for (const [name, heir] of [
      ['b.mov', 'Pause c.mov'],
      ['c.mov', 'Pause a.mov'],
      ['a.mov', 'Choose files'],
    ] as const) {
      await page.evaluate((name) => fakeQueue.take(name), name)
      await button(page, `Cancel ${name}`).waitFor({ state: 'detached' })
      expect(await focused(page)).toBe(heir)
    }
  })

  test('without asking the browser for layout while only bytes move, or one of many files ends', async () => {
    const page = await open()
    await page.evaluate(() =>
      fakeQueue.put(fakeItem('a.mov'), fakeItem('b.mov'), fakeItem('c.mov', { state: 'done' })),
    )
    await button(page, 'Pause all').focus()
    const asked = await page.evaluate(async () => {
      const asked: string[] = []
      const { checkVisibility } = Element.prototype
      Element.prototype.checkVisibility = function (options) {
        asked.push(this.tagName)
        return checkVisibility.call(this, options)
      }
      const change = async (changes: object) => {
        const drawn = new Promise((resolve) => addEventListener('partway-change', resolve, { once: true }))
        fakeQueue.change('a.mov', changes)
        await drawn
        return asked.splice(0).length
      }
      await change({ bytes: 1.1e9 })
      return [
        await change({ bytes: 1.2e9 }),
        await change({ state: 'done', bytes: 2e9 }),
        await change({ state: 'paused', bytes: 1e9 }),
      ]
    })
    expect(asked).toEqual([0, 0, 1])
  })

  test('by a question that nobody has to answer any more', async () => {
    const page = await open()
    await page.evaluate(() => fakeQueue.put(fakeItem('a.mov'), fakeItem('b.mov')))
    await button(page, 'Cancel a.mov').click()
    await button(page, 'Keep').waitFor()
    expect(await focused(page)).toBe('Keep')
    await page.evaluate(() => fakeQueue.take('a.mov'))
    await button(page, 'Keep').waitFor({ state: 'detached' })
    expect(await focused(page)).toBe('Pause b.mov')
  })

  test('by a banner that goes away by itself', async () => {
    const page = await open()
    await page.evaluate(() => {
      fakeQueue.waitingFor = 'user'
      fakeQueue.put(fakeItem('a.mov', { state: 'waiting', waitingFor: 'user' }))
    })
    await button(page, 'Sign in').focus()
    await page.evaluate(() => {
      fakeQueue.waitingFor = undefined
      fakeQueue.put(fakeItem('a.mov'))
    })
    await button(page, 'Sign in').waitFor({ state: 'hidden' })
    expect(await focused(page)).not.toBe('')
    expect(await page.evaluate(() => document.activeElement?.localName)).toBe('partway-upload')
  })
})

describe('all files together', () => {
  test('have the buttons that any of them has', async () => {
    const page = await open()
    const labels = ['Pause all', 'Resume all', 'Retry all', 'Cancel all', 'Remove finished']
    const shown = async () => {
      await drawn(page)
      const seen = await Promise.all(labels.map((label) => button(page, label).isVisible()))
      return labels.filter((_, index) => seen[index])
    }
    await page.evaluate(() => fakeQueue.put(fakeItem('a.mov')))
    expect(await shown()).toEqual([])
    await page.evaluate(() => fakeQueue.put(fakeItem('b.mov')))
    expect(await shown()).toEqual(['Pause all', 'Cancel all'])
    await page.evaluate(() => fakeQueue.put(...manyItems(16)))
    expect(await shown()).toEqual(labels)
    await page.evaluate(() => {
      fakeQueue.items = fakeQueue.items.filter(({ state }) => state === 'done')
      fakeQueue.put({ ...fakeItem('c.mov'), ...fakeStates.done })
    })
    expect(await shown()).toEqual(['Remove finished'])
    await button(page, 'Remove finished').click()
    expect(await asked(page)).toEqual(['remove'])
  })

  test('are cancelled only after a question, and what was found unfinished is none of them', async () => {
    const page = await open()
    await page.evaluate(() =>
      fakeQueue.put(
        fakeItem('a.mov'),
        fakeItem('b.mov'),
        fakeItem('c.mov', { state: 'unfinished', needs: 'click' }),
      ),
    )
    await button(page, 'Cancel all').click()
    await page
      .getByRole('group', { name: 'Cancel these 2 uploads? The 2.00 GB that have arrived will be lost.' })
      .waitFor()
    expect(await asked(page)).toEqual([])
    await button(page, 'Cancel uploads').click()
    expect(await asked(page)).toEqual(['cancel a.mov', 'cancel b.mov'])
    await page.evaluate(() => fakeQueue.take('a.mov', 'b.mov'))
    await button(page, 'Cancel all').waitFor({ state: 'hidden' })
  })

  test('that were found unfinished are gone on with, or discarded after a question', async () => {
    const page = await open()
    await page.evaluate(() => {
      const unfinished = { state: 'unfinished', needs: 'click' } as const
      fakeQueue.put(fakeItem('a.mov', unfinished), fakeItem('b.mov', unfinished), fakeItem('c.mov'))
    })
    await page.getByText('2 uploads unfinished: 2.00 GB have arrived.').waitFor()
    await button(page, 'Resume').click()
    expect(await asked(page)).toEqual(['resume'])
    await button(page, 'Discard').click()
    await page.getByText('Discard these 2 uploads? The 2.00 GB that have arrived will be lost.').waitFor()
    await button(page, 'Discard uploads').click()
    expect(await asked(page)).toEqual(['cancel a.mov', 'cancel b.mov'])
    await page.evaluate(() => fakeQueue.take('a.mov', 'b.mov'))
    await button(page, 'Discard').waitFor({ state: 'hidden' })
  })

  test('that were found unfinished are discarded after a question also where nobody knows yet what has arrived', async () => {
    const page = await open()
    await page.evaluate(() =>
      fakeQueue.put(fakeItem('a.mov', { state: 'unfinished', needs: 'click', bytes: 0 })),
    )
    for (const label of ['Discard', 'Discard a.mov']) {
      await button(page, label).click()
      await page.getByRole('group', { name: 'Discard this upload? What has arrived will be lost.' }).waitFor()
      expect(await asked(page)).toEqual([])
      await button(page, 'Discard upload').click()
      expect(await asked(page)).toEqual(['cancel a.mov'])
    }
  })

  test('that were found unfinished have no bytes to tell of until the server says how many arrived', async () => {
    const page = await open()
    const found = { state: 'unfinished', needs: 'click', bytes: 0 } as const
    await page.evaluate((found) => fakeQueue.put(fakeItem('a.mov', found), fakeItem('b.mov', found)), found)
    await page.getByText('2 uploads unfinished.', { exact: true }).waitFor()
    await page.evaluate(() => fakeQueue.change('a.mov', { bytes: 1.2e9 }))
    await page.getByText('2 uploads unfinished: 1.20 GB have arrived.', { exact: true }).waitFor()
  })

  test('that were found unfinished without their files are asked for', async () => {
    const page = await open()
    await page.evaluate(() => {
      Reflect.deleteProperty(window, 'showOpenFilePicker')
      fakeQueue.put(fakeItem('a.mov', { state: 'unfinished', needs: 'file' }))
    })
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), button(page, 'Resume').click()])
    expect(chooser.isMultiple()).toBe(true)
    expect(await asked(page)).toEqual([])
  })
})

test('banners of a lost network and a sign-in that has expired go away by themselves', async () => {
  const page = await open()
  const says = async (waitingFor: 'network' | 'user' | undefined) => {
    await page.evaluate((waitingFor) => {
      fakeQueue.waitingFor = waitingFor
      fakeQueue.changed()
    }, waitingFor)
    await drawn(page)
    return Promise.all([
      page.getByText('You are offline.').isVisible(),
      page.getByRole('alert').getByText('Your sign-in has expired.').isVisible(),
    ])
  }
  expect(await says('network')).toEqual([true, false])
  expect(await says('user')).toEqual([false, true])
  expect(await says(undefined)).toEqual([false, false])
})

test('who embeds it is told what happens', async () => {
  const page = await open()
  await page.evaluate(() => {
    const told: [string, unknown][] = []
    Object.assign(window, { told })
    for (const type of ['added', 'change', 'done', 'error', 'idle', 'sign-in'])
      document.addEventListener(`partway-${type}`, (event) =>
        told.push([type, (event as CustomEvent).detail]),
      )
  })
  const told = async () => {
    await drawn(page)
    return page.evaluate(() => (window as unknown as { told: [string, unknown][] }).told.splice(0))
  }
  await page.evaluate(() =>
    fakeQueue.put(
      fakeItem('found.mov', { id: '1763750000000', state: 'paused' }),
      fakeItem('a.mov', { size: 10, bytes: 5 }),
      fakeItem('b.mov', { id: String(Date.now()), state: 'paused', size: 20 }),
      fakeItem('old', { state: 'unfinished' }),
    ),
  )
  expect(await told()).toEqual([
    ['added', { name: 'a.mov', size: 10 }],
    ['added', { name: 'b.mov', size: 20 }],
    [
      'change',
      expect.objectContaining({ moving: true, title: expect.stringMatching(/^\d+ %$/), files: 4, done: 0 }),
    ],
  ])
  await page.evaluate(() => fakeQueue.changed())
  expect(await told()).toEqual([])
  const problem = { code: 'signed-out', sentence: 'Sign in.', action: 'sign-in' } as const
  await page.evaluate((problem) => fakeQueue.change('a.mov', { state: 'resumable', problem }), problem)
  expect((await told()).filter(([type]) => type !== 'change')).toEqual([
    ['error', { name: 'a.mov', ...problem }],
    ['idle', null],
  ])
  await button(page, 'Sign in a.mov').click()
  expect(await told()).toEqual([['sign-in', null]])
  await page.evaluate(() => fakeQueue.change('a.mov', { ...fakeStates.done, problem: undefined }))
  expect((await told()).find(([type]) => type === 'done')).toEqual([
    'done',
    expect.objectContaining({
      name: 'a.mov',
      key: 'uploads/public/0198f2a4-7c1e-7bb2-9d2e-1f0a7c3e5d11-t8kq80-8/film.mov',
      size: 10,
      checksum: { algorithm: 'CRC64NVME', value: 'rosUhgoASJk=' },
      verified: 'checksum',
      location: expect.stringMatching(/^https:/),
    }),
  ])
})

test('of a file that is over before it is seen, all is told', async () => {
  const page = await open()
  await page.evaluate(() => {
    const told: string[] = []
    Object.assign(window, { told })
    for (const type of ['added', 'done', 'error'] as const)
      document.addEventListener(`partway-${type}`, ({ detail }) => told.push(`${type} ${detail.name}`))
    const problem = { code: 'denied', sentence: 'The API refuses.' }
    fakeQueue.put(
      fakeItem('tiny.txt', fakeStates.done),
      fakeItem('refused.txt', { state: 'failed', problem }),
    )
  })
  await drawn(page)
  expect(await page.evaluate(() => (window as unknown as { told: string[] }).told)).toEqual([
    'added tiny.txt',
    'done tiny.txt',
    'added refused.txt',
    'error refused.txt',
  ])
})

test('one trouble is one event, which waits until its cause is known', async () => {
  const page = await open()
  await page.evaluate(() => {
    const codes: string[] = []
    Object.assign(window, { codes })
    document.addEventListener('partway-error', ({ detail }) => codes.push(detail.code))
    fakeQueue.put(fakeItem('a.mov'))
  })
  const codesAfter = async (changes: object) => {
    await page.evaluate((changes) => fakeQueue.change('a.mov', changes), changes)
    await drawn(page)
    return page.evaluate(() => (window as unknown as { codes: string[] }).codes.splice(0))
  }
  await drawn(page)
  const [seems, is] = [
    { code: 'network', sentence: 'The connection was lost.' },
    { code: 'cors', sentence: 'The storage does not let this page in.' },
  ]
  expect(await codesAfter({ struggling: true, problem: is })).toEqual(['cors'])
  expect(await codesAfter({ state: 'resumable', problem: { ...seems, tentative: true } })).toEqual([])
  await page.getByRole('alert').getByText('The connection was lost.').waitFor()
  expect(await codesAfter({ problem: is })).toEqual([])
  expect(await codesAfter({ state: 'uploading', problem: undefined })).toEqual([])
  expect(await codesAfter({ state: 'resumable', problem: { ...seems, tentative: true } })).toEqual([])
  expect(await codesAfter({ problem: { ...seems } })).toEqual(['network'])
})

test('whoever listens is told that an upload is cancelled, also where it is gone before it is drawn again', async () => {
  const page = await open()
  await page.evaluate(() => fakeQueue.put(fakeItem('a.mov', { bytes: 0, parts: '' })))
  await button(page, 'Cancel a.mov').waitFor()
  await page.evaluate(() => {
    const { shadowRoot } = document.querySelector('partway-upload') as HTMLElement
    shadowRoot?.querySelector<HTMLElement>('li [data-do=cancel]')?.click()
    fakeQueue.take('a.mov')
  })
  await page.getByRole('status').getByText('a.mov is cancelled.').waitFor({ state: 'attached' })
})

test('whoever listens is told milestones, gathered, and no more', async () => {
  const page = await open()
  const live = page.getByRole('status')
  await page.evaluate(() =>
    fakeQueue.put(...Array.from({ length: 20 }, (_, index) => fakeItem(`${index}.mov`))),
  )
  await drawn(page)
  await page.evaluate(() =>
    fakeQueue.put(...fakeQueue.items.map((item) => ({ ...item, bytes: item.bytes + 1 }))),
  )
  await drawn(page)
  expect(await live.textContent()).toBe('')
  await page.evaluate(() =>
    fakeQueue.put(...fakeQueue.items.map((item) => ({ ...item, state: 'done' as const }))),
  )
  await live.filter({ hasText: '0.mov is uploaded. 1.mov is uploaded. And 18 more.' }).waitFor()
})

test('the browser warns before the page is left only while something moves here', async () => {
  const page = await open()
  const warns = async (changes: object, runsHere = true) => {
    await page.evaluate(
      ([changes, runsHere]) => {
        fakeQueue.runsHere = runsHere
        fakeQueue.put(fakeItem('a.mov', changes))
      },
      [changes, runsHere] as const,
    )
    await drawn(page)
    return page.evaluate(() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true })))
  }
  expect(await warns({})).toBe(true)
  expect(await warns({ state: 'paused' })).toBe(false)
  expect(await warns({}, false)).toBe(false)
  expect(await warns({ state: 'completing' })).toBe(true)
  await page.evaluate(() => document.querySelector('partway-upload')?.remove())
  await drawn(page)
  expect(
    await page.evaluate(() => window.dispatchEvent(new Event('beforeunload', { cancelable: true }))),
  ).toBe(true)
})

describe('files are taken', () => {
  test('from a drop anywhere on the page, and from folders by their paths', async () => {
    const page = await open()
    expect(await drop(page, 'body')).toBe(true)
    await page.getByText('dropped.txt').first().waitFor()
    expect(await asked(page)).toEqual(['add dropped.txt 3'])
  })

  test('from a drop on the element alone where the attribute says so', async () => {
    const page = await open('<p id="beside">Beside</p><partway-upload drop="element"></partway-upload>')
    await page.getByText('Drop files or folders here').waitFor()
    expect(await drop(page, '#beside')).toBe(false)
    expect(await asked(page)).toEqual([])
    expect(await drop(page, 'partway-upload')).toBe(true)
    expect(await asked(page)).toEqual(['add dropped.txt 3'])
  })

  test('unless somebody nearer has taken them, and by one of two elements', async () => {
    const page = await open(
      '<p id="beside">Beside</p><partway-upload></partway-upload><partway-upload endpoint="/other"></partway-upload>',
    )
    expect(await drop(page, 'body')).toBe(true)
    expect(await page.locator('li').count()).toBe(1)
    await page.evaluate(() =>
      document.querySelector('#beside')?.addEventListener('drop', (event) => event.preventDefault()),
    )
    await drop(page, '#beside')
    await drawn(page)
    expect(await page.locator('li').count()).toBe(1)
  })

  test('from the dialog that gives handles, and from the other one where that cannot be opened', async () => {
    const page = await open()
    await page.evaluate(() => {
      const handle = { name: 'picked.mov', getFile: async () => new File(['abc'], 'picked.mov') }
      window.showOpenFilePicker = async () => [handle as FileSystemFileHandle]
    })
    await button(page, 'Choose files').click()
    await page.getByText('picked.mov').first().waitFor()
    expect(await asked(page)).toEqual(['add picked.mov 3 with a handle'])
    for (const name of ['AbortError', 'SecurityError']) {
      await page.evaluate((name) => {
        window.showOpenFilePicker = () => Promise.reject(new DOMException('No.', name))
      }, name)
      const chooser = page.waitForEvent('filechooser', { timeout: 1_000 }).then(
        () => true,
        () => false,
      )
      await button(page, 'Choose files').click()
      expect(await chooser).toBe(name === 'SecurityError')
    }
  })

  test('the dialog offers the types of accept', async () => {
    const page = await open('<partway-upload accept=".mov, video/*"></partway-upload>')
    await page.evaluate(() => {
      window.showOpenFilePicker = async (options) => {
        Object.assign(window, { options })
        return []
      }
    })
    await button(page, 'Choose files').click()
    await page.waitForFunction(() => 'options' in window)
    expect(await page.evaluate(() => (window as unknown as { options: object }).options)).toEqual({
      multiple: true,
      types: [{ accept: { 'application/mov': ['.mov'], 'video/*': [] } }],
    })
  })

  test('but not of another type or too large, and that is said', async () => {
    const page = await open('<partway-upload accept=".mov" max-size="10"></partway-upload>')
    await page.evaluate(() => {
      const element = document.querySelector('partway-upload') as PartwayUpload
      return element.add([
        new File(['x'], 'a.txt'),
        new File(['x'.repeat(11)], 'b.mov'),
        new File(['x'], 'c.mov'),
      ])
    })
    expect(await asked(page)).toEqual(['add c.mov 1'])
    await page
      .getByRole('alert')
      .getByText(/^a\.txt: .+\nb\.mov: /)
      .waitFor()
    const [lines, space] = await page
      .locator('#notice p')
      .evaluate((said) => [said.textContent.split('\n'), getComputedStyle(said).whiteSpace] as const)
    expect(space).toBe('pre-line')
    expect(lines).toEqual([expect.stringMatching(/^a\.txt: .+\.$/), expect.stringMatching(/^b\.mov: .+\.$/)])
    await button(page, 'Close').click()
    expect(await page.getByText(/^a\.txt: /).count()).toBe(0)
  })

  test('and what the queue refuses is said', async () => {
    const page = await open()
    await page.evaluate(() => {
      fakeQueue.refuses = { 'a.txt': 'a.txt is on its way already.' }
      return (document.querySelector('partway-upload') as PartwayUpload).add([new File(['x'], 'a.txt')])
    })
    await page.getByRole('alert').getByText('a.txt is on its way already.').waitFor()
  })
})

describe('as an element it', () => {
  test('keeps what was set before it was defined, and asks for the token at each call', async () => {
    const { page } = await openFakePage(
      browser,
      script,
      '<script>const e=document.createElement("partway-upload");e.token=()=>"first";document.currentScript.after(e)</script>',
    )
    const seen: (string | undefined)[] = []
    await page.route('**/uploads*', (route) => {
      seen.push(route.request().headers().authorization)
      return route.fulfill({ json: { uploads: [] } })
    })
    const list = () =>
      page.evaluate(() => {
        const { client } = document.querySelector('partway-upload') as PartwayUpload
        return client?.api.listUploads({}, new AbortController().signal)
      })
    await list()
    await page.evaluate(() => {
      ;(document.querySelector('partway-upload') as PartwayUpload).token = async () => 'second'
    })
    await list()
    expect(seen).toEqual(['Bearer first', 'Bearer second'])
  })

  test('may be moved, and lets go of its queue once it is gone', async () => {
    const page = await open('<div id="other"></div><partway-upload></partway-upload>')
    await page.evaluate(() => {
      fakeQueue.put(fakeItem('a.mov'))
      document.querySelector('#other')?.append(document.querySelector('partway-upload') as Element)
    })
    await drawn(page)
    expect(await page.evaluate(() => [fakeQueue.closed, fakeQueue.listeners])).toEqual([false, 1])
    expect(await page.locator('li').count()).toBe(1)
    await page.evaluate(() => document.querySelector('partway-upload')?.remove())
    await drawn(page)
    expect(await page.evaluate(() => [fakeQueue.closed, fakeQueue.listeners])).toEqual([true, 0])
    expect(await drop(page, 'body')).toBe(false)
  })

  test('that leaves the page says that nothing is on its way, so a title shows no progress any more', async () => {
    const page = await open()
    await page.evaluate(() => {
      const uploads = document.querySelector('partway-upload')
      uploads?.addEventListener('partway-change', ({ detail }) => {
        document.title = detail.title || 'A page'
      })
      uploads?.addEventListener('partway-idle', () => document.body.append('Idle'))
      fakeQueue.put(fakeItem('a.mov'))
    })
    await page.waitForFunction(() => document.title === '50 %')
    await page.evaluate(() => document.querySelector('partway-upload')?.remove())
    await page.waitForFunction(() => document.title === 'A page')
    await page.getByText('Idle').waitFor()
  })

  test('shares a queue with another of the same endpoint, which closes with the last', async () => {
    const page = await open(
      '<partway-upload id="a"></partway-upload><partway-upload id="b" endpoint="./"></partway-upload>',
    )
    await page.evaluate(() => fakeQueue.put(fakeItem('a.mov')))
    await page.locator('li').nth(1).waitFor()
    await page.evaluate(() => document.querySelector('#a')?.remove())
    await drawn(page)
    expect(await page.evaluate(() => [fakeQueue.closed, fakeQueue.listeners])).toEqual([false, 1])
    await page.evaluate(() => document.querySelector('#b')?.remove())
    await drawn(page)
    expect(await page.evaluate(() => fakeQueue.closed)).toBe(true)
  })

  test('keeps its queue when it is told the endpoint that it has', async () => {
    const page = await open('<partway-upload endpoint="/api"></partway-upload>')
    const kept = await page.evaluate(() => {
      const element = document.querySelector('partway-upload') as PartwayUpload
      const { queue } = element
      element.setAttribute('endpoint', '/api')
      return element.queue === queue
    })
    expect(kept).toBe(true)
  })

  test('opens another queue when its endpoint changes', async () => {
    const page = await open()
    const [before, after] = await page.evaluate(() => {
      const before = fakeQueue
      before.put(fakeItem('a.mov'))
      document.querySelector('partway-upload')?.setAttribute('endpoint', '/other')
      return [before.closed, fakeQueue !== before]
    })
    expect([before, after]).toEqual([true, true])
    expect(await page.locator('li').count()).toBe(0)
  })

  test('may be hidden, and has an ordinary display', async () => {
    const page = await open()
    const display = (hidden: boolean) =>
      page.evaluate((hidden) => {
        const element = document.querySelector('partway-upload') as HTMLElement
        element.hidden = hidden
        return getComputedStyle(element).display
      }, hidden)
    expect(await display(true)).toBe('none')
    expect(await display(false)).toBe('block')
  })

  test('does not mind that its script comes twice', async () => {
    const page = await open()
    await page.addScriptTag({ type: 'module', content: script })
    expect(await page.evaluate(() => customElements.get('partway-upload')?.name)).toBeTruthy()
  })
})

/** As the browser would. @returns whether somebody took it */
function drop(page: Page, on: string): Promise<boolean> {
  return page.evaluate(async (on) => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File(['abc'], 'dropped.txt'))
    const fire = (type: string) =>
      !document
        .querySelector(on)
        ?.dispatchEvent(
          new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true, composed: true }),
        )
    fire('dragover')
    const taken = fire('drop')
    await new Promise((resolve) => setTimeout(resolve, 150))
    return taken
  }, on)
}

/** How many there are on the first map, beside its ground. */
function coloursOf(page: Page): Promise<number> {
  return page.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    const { data = [] } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {}
    const colours = new Set<string>()
    // What is half covered is of the edges.
    for (let at = 0; at < data.length; at += 4)
      if (data[at + 3] === 255) colours.add(data.slice(at, at + 3).join())
    return colours.size
  })
}
