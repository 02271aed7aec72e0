import { beforeAll, describe, expect, test } from 'vitest'
import { type Loaded, loadedBy } from './loaded.ts'

/** In bytes: what a page loads for `<partway-upload>`, its style included, beyond the client that it would load in any case. */
const MAX_ELEMENT = 12_000
/** Masthead, and who is signed in. */
const MAX_PAGE = 1_500
/** What is loaded when it is needed. */
const MAX_LATE = {
  // Loads the others, but for the downloads and the sign-in, as soon as the element is there.
  'element/ahead.ts': 500,
  // By the tab that runs the uploads.
  'element/queue/runner.ts': 6_800,
  'element/details/index.ts': 3_000,
  'element/downloads/index.ts': 8_900,
  'element/diagnose.ts': 3_500,
  'element/explain.ts': 2_200,
  'element/admission.ts': 2_500,
  'element/dialog.ts': 500,
  'element/folders.ts': 1_000,
  'element/confirm.ts': 1_000,
  // The OIDC library, for the most part.
  'web/sign-in.ts': 19_000,
}

describe('minified and gzipped', () => {
  let client: Loaded
  let element: Loaded
  let page: Loaded

  beforeAll(async () => {
    client = await loadedBy('client/browser/index.ts')
    element = await loadedBy('element/partway-upload.ts')
    page = await loadedBy('web/main.ts')
  })

  test('the element adds less than 12 kB to the client', () => {
    expect(element.atOnce - client.atOnce).toBeLessThan(MAX_ELEMENT)
  })

  test('the page adds less than 1.5 kB to the element', () => {
    expect(page.atOnce - element.atOnce).toBeLessThan(MAX_PAGE)
  })

  test('nothing is loaded late but what is known here or is the client’s', () => {
    const own = Object.keys(page.late).filter((module) => !(module in client.late))
    expect(own.toSorted()).toEqual(Object.keys(MAX_LATE).toSorted())
  })

  test.each(Object.entries(MAX_LATE))('%s is less than %i bytes', (module, most) => {
    expect(page.late[module]).toBeLessThan(most)
  })
})
