import { expect, test } from 'vitest'
import type { QueuePorts } from '../../element/queue/index.ts'
import { indexedDbItems } from '../../element/queue/storage.ts'
import { allIn, ENDPOINT, fileOf, picked, QueueSetting, type Tab } from '../client/queue-setting.ts'

const isDone = allIn('done')
const numbered = (count: number) => Array.from({ length: count }, (_, index) => fileOf(String(index)))

test('whatever a tab asks for, another runs; an answer comes when what it did is seen', async () => {
  const setting = new QueueSetting()
  const [runner, other] = [setting.tab(), setting.tab()]
  // Before anybody knows who runs the queue.
  expect(await other.queue.add(picked(fileOf('a'), fileOf('b')))).toEqual([])
  expect(other.queue.items.map(({ name }) => name)).toEqual(['a', 'b'])
  expect(await other.queue.add(picked(fileOf('a')))).toEqual([
    { name: 'a', sentence: 'a is on its way already.' },
  ])
  other.queue.cancel(other.item('b').id)
  await other.until(isDone)
  expect(runner.queue.items).toHaveLength(1)
  other.queue.remove()
  await runner.until((items) => items.length === 0)
  expect(setting.store.uploads.size).toBe(0)
  expect(runner.queue.runsHere).toBe(true)
})

test('a tab that is opened later shows what is there, finished files too', async () => {
  const setting = new QueueSetting()
  const first = setting.tab()
  await first.queue.add(picked(fileOf('a')))
  await first.until(isDone)
  const second = setting.tab()
  await second.queue.ready
  expect(second.queue.items).toEqual(first.queue.items)
  expect(second.item('a').result?.verified).toBe('checksum')
})

test('a tab that closes gives the queue to the next, with what is done, paused and failed as it was', async () => {
  const setting = new QueueSetting()
  const [first, second] = [setting.tab(), setting.tab()]
  await first.queue.add(picked(...numbered(3)))
  await first.until(() => first.item('1').partsDone > 2)
  first.queue.pause(first.item('1').id)
  await first.until(() => first.item('0').state === 'done' && first.item('2').state === 'done')
  const puts = setting.store.count('put')
  first.queue.close()
  await second.until(() => second.queue.runsHere)
  expect(second.states()).toEqual({ 0: 'done', 1: 'paused', 2: 'done' })
  expect(second.item('1').bytes).toBeGreaterThan(20)
  second.queue.resume()
  await second.until(isDone)
  expect(setting.store.count('put') - puts).toBeLessThan(8)
})

test('nobody goes on before the tab that closes has put everything down', async () => {
  const setting = new QueueSetting()
  const [first, second] = [setting.tab(), setting.tab()]
  await first.queue.add(picked(fileOf('a')))
  await second.until((items) => (items[0]?.partsDone ?? 0) > 2)
  let put = () => {}
  const down = new Promise<void>((resolve) => {
    put = resolve
  })
  setting.journals.closing = down
  first.queue.close()
  await setting.landed()
  expect(second.queue.runsHere).toBe(false)
  put()
  await second.until(isDone)
  expect(second.queue.runsHere).toBe(true)
})

test('what a tab asked of one that died meanwhile is asked of the next', async () => {
  const setting = new QueueSetting()
  const [first, second, third] = [setting.tab(), setting.tab(), setting.tab()]
  await second.queue.ready
  first.kill()
  await third.queue.add(picked(fileOf('a')))
  await third.until(isDone)
  expect(second.queue.runsHere).toBe(true)
  expect(second.begun).toEqual(['a'])
})

test('an upload that was being cancelled when its tab died is cancelled by the next', async () => {
  const setting = new QueueSetting()
  const [first, second] = [setting.tab(), setting.tab()]
  await first.queue.add(picked(fileOf('a')))
  await second.until((items) => (items[0]?.partsDone ?? 0) > 2)
  setting.store.fault = ({ operation }) => (operation === 'abort' ? 'lost' : undefined)
  first.queue.cancel()
  await second.until(allIn('cancelling'))
  first.kill()
  setting.store.fault = () => undefined
  await second.until((items) => items.length === 0)
  expect([setting.store.uploads.size, second.queue.runsHere]).toEqual([0, true])
})

test('the others hear of bytes four times a second, and of the rest at once, and of what changed only', async () => {
  const setting = new QueueSetting()
  const [first, second] = [setting.tab(), setting.tab()]
  await first.queue.add(picked(...numbered(30)))
  await second.until((items) => items.length === 30)
  setting.wires.posts = []
  await first.until(isDone)
  const news = setting.wires.posts.flatMap((post) => (post as { news?: { told: unknown[] } }).news ?? [])
  // 30 files, each of which begins, is planned, sent, completed and done, in 300 parts.
  expect(news.length).toBeLessThan(250)
  expect(news.reduce((sum, { told }) => sum + told.length, 0)).toBeLessThan(news.length * 4)
})

test('a page that may come back as it was leaves the queue to another, and shows it when it is back', async () => {
  const setting = new QueueSetting()
  const [first, second] = [setting.tab(), setting.tab()]
  await first.queue.add(picked(fileOf('a'), fileOf('b')))
  await second.until((items) => (items[0]?.partsDone ?? 0) > 2)
  come(first, 'pagehide')
  await second.until(isDone)
  come(first, 'pageshow')
  await first.until(isDone)
  expect([first.queue.runsHere, second.queue.runsHere]).toEqual([false, true])
})

const come = (tab: Tab, type: 'pagehide' | 'pageshow') =>
  tab.page.dispatchEvent(Object.assign(new Event(type), { persisted: true }))

test('a page that comes back goes on with the Files that it had, although they were too large to be stored', async () => {
  const setting = new QueueSetting()
  setting.storage.free = 0
  const tab = setting.tab()
  await tab.queue.add(picked(fileOf('a'), fileOf('b')))
  await tab.until((items) => items.every(({ partsDone }) => partsDone > 2))
  tab.queue.cancel(tab.item('b').id)
  await tab.until((items) => items.length === 1)
  come(tab, 'pagehide')
  expect(setting.storage.files.size).toBe(0)
  come(tab, 'pageshow')
  await tab.until(isDone)
  expect(tab.queue.items).toHaveLength(1)
  expect(tab.item('a').bytesResumed).toBeGreaterThan(20)
})

test('a page that comes back asks for a file that it had, where another went on with a later version', async () => {
  const setting = new QueueSetting()
  setting.storage.free = 0
  const tab = setting.tab()
  await tab.queue.add(picked(fileOf('a')))
  await tab.until((items) => (items[0]?.partsDone ?? 0) > 2)
  come(tab, 'pagehide')
  await setting.landed()
  for (const [id, kept] of setting.storage.items) setting.storage.items.set(id, { ...kept, lastModified: 5 })
  come(tab, 'pageshow')
  await tab.until((items) => items[0]?.needs === 'file')
})

test('where nothing is remembered, a page that comes back goes on with what it had', async () => {
  const setting = new QueueSetting()
  const tab = setting.tab({ ports: { locks: null, storage: undefined } })
  await tab.queue.add(picked(fileOf('a')))
  await tab.until((items) => (items[0]?.partsDone ?? 0) > 2)
  come(tab, 'pagehide')
  come(tab, 'pageshow')
  await tab.until(isDone)
  expect(tab.begun).toEqual(['a', 'a'])
})

test('without locks each tab is alone', async () => {
  const setting = new QueueSetting()
  const ports = { locks: null, storage: undefined }
  const [first, second] = [setting.tab({ ports }), setting.tab({ ports })]
  await first.queue.add(picked(fileOf('a')))
  await first.until(isDone)
  await second.queue.ready
  expect([second.begun, second.queue.runsHere]).toEqual([[], true])
  // Two that do not know of each other would both go on with it.
  const stored = (await indexedDbItems()?.load()) ?? []
  expect(stored.filter(({ endpoint }) => endpoint === ENDPOINT)).toEqual([])
})

test('where the code that uploads cannot be loaded at once, files wait for it', async () => {
  const setting = new QueueSetting()
  let tries = 0
  const load: QueuePorts['load'] = () =>
    ++tries < 3 ? Promise.reject(new TypeError('Failed to fetch')) : import('../../element/queue/runner.ts')
  const tab = setting.tab({ ports: { load } })
  await tab.queue.add(picked(fileOf('a')))
  await tab.until(isDone)
  expect(tries).toBe(3)
})
