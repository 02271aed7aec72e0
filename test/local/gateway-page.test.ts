import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Listening, listenOnLoopback } from '../../local/listen.ts'
import { createPage } from '../../local/page.ts'

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

let directory: string
let server: Listening

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'partway-page-'))
  await writeFile(join(directory, 'index.html'), '<!doctype html><title>Films</title>')
  await writeFile(
    join(directory, 'main.ts'),
    "import { title } from './title.ts'\ndocument.title = title as string\nimport('./late.ts')\n",
  )
  await writeFile(join(directory, 'late.ts'), "export const late: string = 'late'\n")
  await mkdir(join(directory, 'parts'))
  await writeFile(join(directory, 'parts/tag.ts'), "import { title } from '../title.ts'\nalert(title)\n")
  await writeFile(join(directory, 'title.ts'), "export const title: string = 'bundled'\n")
  await writeFile(join(directory, 'style.css'), 'p { color: red }\n')
  const page = await createPage({
    directory,
    modules: { 'film-list': join(directory, 'parts/tag.ts') },
    config: { api: '/' },
    connectTo: ['http://localhost:8081'],
  })
  server = await listenOnLoopback((request, response) => {
    if (!page.serve(request, response)) response.end('API')
  }, 0)
})

afterAll(async () => {
  await server.close()
  await rm(directory, { recursive: true })
})

describe('the page and the API share an origin', () => {
  test.each([
    ['GET', '/', BROWSER, '<!doctype html><title>Films</title>'],
    ['GET', '/?upload=1', BROWSER, '<!doctype html><title>Films</title>'],
    ['GET', '/config.json', '*/*', '{"api":"/"}'],
    ['GET', '/', '*/*', 'API'],
    ['GET', '/', 'application/json', 'API'],
    ['POST', '/', BROWSER, 'API'],
    ['GET', '/uploads', BROWSER, 'API'],
    ['POST', '/assets/main.js', BROWSER, 'API'],
  ])('%s %s that accepts %s', async (method, path, accept, expected) => {
    const response = await ask(path, { method, headers: { accept } })
    expect(await response.text()).toBe(expected)
  })

  test('caches learn that / depends on Accept', async () => {
    for (const accept of [BROWSER, '*/*']) {
      expect((await ask('/', { headers: { accept } })).headers.get('vary')).toBe('Accept')
    }
  })

  test('HEAD has the headers of GET and no body', async () => {
    const response = await ask('/', { method: 'HEAD', headers: { accept: BROWSER } })
    expect(response.headers.get('content-length')).toBe('35')
    expect(await response.text()).toBe('')
  })
})

test('the page may talk to itself and to S3, and run nothing but its own scripts', async () => {
  const { headers } = await ask('/', { headers: { accept: BROWSER } })
  const policy = headers.get('content-security-policy')?.split('; ')
  expect(policy).toContain("default-src 'self'")
  expect(policy).toContain("connect-src 'self' http://localhost:8081")
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

test.each([
  ['/assets/main.js', 'text/javascript; charset=utf-8', 'document.title ='],
  ['/assets/main.js.map', 'application/json; charset=utf-8', 'main.ts'],
  ['/assets/film-list.js', 'text/javascript; charset=utf-8', 'alert('],
  ['/assets/style.css', 'text/css; charset=utf-8', 'color: red'],
])('%s is bundled', async (path, type, part) => {
  const response = await ask(path)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, type])
  expect(await response.text()).toContain(part)
})

test('what is shared or loaded late has its hash in its name, and is kept; what has not is asked for each time', async () => {
  const main = await ask('/assets/main.js')
  expect(main.headers.get('cache-control')).toBe('no-cache')
  const script = await main.text()
  for (const [chunk, part] of [
    [/import\("\.\/(chunks\/late-\w{8}\.js)"\)/, '"late"'],
    [/from "\.\/(chunks\/chunk-\w{8}\.js)"/, '"bundled"'],
  ] as const) {
    const answer = await ask(`/assets/${chunk.exec(script)?.[1]}`)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(await answer.text()).toContain(part)
  }
})

test('pages of other origins may load what is below /assets/, and nothing else', async () => {
  const allowed = async (path: string) => (await ask(path)).headers.get('access-control-allow-origin')
  expect(await allowed('/assets/film-list.js')).toBe('*')
  expect(await allowed('/config.json')).toBe(null)
})

test('an asset that is not there is not found', async () => {
  expect((await ask('/assets/other.js')).status).toBe(404)
})

test('a page that does not compile is refused with its error', async () => {
  await writeFile(join(directory, 'main.ts'), 'const = 1')
  await expect(createPage({ directory, config: {}, connectTo: ['http://localhost:8081'] })).rejects.toThrow(
    /main\.ts:1:6/,
  )
})

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://localhost:${server.port}${path}`, init)
}
