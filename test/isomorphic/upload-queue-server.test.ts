import { expect, test } from 'vitest'
import { ApiError, NetworkError } from '../../client/errors.ts'
import { allIn, fileOf, picked, QueueSetting } from '../client/queue-setting.ts'

const isDone = allIn('done')

/** Uploads that nobody here remembers. */
async function begunElsewhere(...names: string[]): Promise<QueueSetting> {
  const setting = new QueueSetting()
  const elsewhere = setting.tab({ ports: { storage: null } })
  await elsewhere.queue.add(names.map((path) => ({ file: fileOf('a.mov'), path })))
  await elsewhere.until((items) => items.every(({ partsDone }) => partsDone >= 3))
  elsewhere.kill()
  await setting.landed()
  setting.journals.change(() => [])
  return setting
}

/** Of each upload that the server has. */
function putOnePart({ store }: QueueSetting): void {
  for (const { parts } of store.uploads.values()) parts.set(1, { bytes: new Uint8Array(10), etag: '"part"' })
}

test('what the server has no part of is not on the list: there is nothing to go on with', async () => {
  const setting = new QueueSetting()
  const tab = setting.tab({ ports: { storage: null } })
  setting.store.fault = ({ operation }) => (operation === 'put' ? 'unreached' : undefined)
  await tab.queue.add(picked(fileOf('a.mov')))
  await tab.until(() => setting.store.uploads.size > 0)
  tab.kill()
  await setting.landed()
  const other = setting.tab({ ports: { storage: null } })
  await other.queue.ready
  expect([setting.store.uploads.size, other.queue.items]).toEqual([1, []])
})

test('nobody waits for the list of the server, and what is begun meanwhile is not on it twice', async () => {
  const setting = await begunElsewhere('other.mov')
  let answer = () => {}
  setting.listing = new Promise<void>((resolve) => {
    answer = resolve
  })
  const tab = setting.tab()
  let isReady = false
  tab.queue.ready.then(() => {
    isReady = true
  })
  await tab.queue.add(picked(fileOf('a.mov')))
  await tab.until((items) => items[0]?.partsDone === 1)
  expect(isReady).toBe(false)
  answer()
  await tab.queue.ready
  expect(tab.queue.items.map(({ name }) => name)).toEqual(['a.mov', 'other.mov'])
  await tab.until(() => tab.item('a.mov').state === 'done')
  expect(tab.queue.items).toHaveLength(2)
})

test('an upload that the server lists before its own tab knows of it is one item all the same', async () => {
  const setting = new QueueSetting()
  const { controlPlane } = setting.store
  const { initiate } = controlPlane
  let list = () => {}
  setting.listing = new Promise<void>((resolve) => {
    list = resolve
  })
  const tab = setting.tab()
  controlPlane.initiate = async (...call) => {
    const answer = await initiate(...call)
    putOnePart(setting)
    list()
    await tab.until((items) => items.length === 2)
    return answer
  }
  await tab.queue.add(picked(fileOf('a.mov')))
  await tab.until(isDone)
  expect(tab.queue.items).toHaveLength(1)
})

test('more uploads than fit on a page are all listed', async () => {
  const names = Array.from({ length: 60 }, (_, index) => `${index}.mov`)
  const setting = new QueueSetting()
  for (const fileName of names)
    await setting.store.controlPlane.initiate({ fileName, size: 95 }, new AbortController().signal)
  putOnePart(setting)
  const tab = setting.tab()
  await tab.queue.ready
  expect(tab.queue.items.map(({ name }) => name)).toEqual(names)
  tab.queue.cancel()
  await tab.until((items) => items.length === 0)
  expect(setting.store.uploads.size).toBe(0)
})

test('a list that cannot be had keeps nobody waiting, and is asked for again when there is a network', async () => {
  const setting = await begunElsewhere('other.mov')
  setting.listing = Promise.reject(new NetworkError('There is no network.'))
  setting.listing.catch(() => {})
  // Nothing happens because time has passed.
  const tab = setting.tab({ ports: { clock: { now: () => 0, after: () => () => {} } } })
  await tab.queue.ready
  expect(tab.queue.items).toEqual([])
  setting.listing = Promise.resolve()
  tab.page.dispatchEvent(new Event('online'))
  await tab.until((items) => items[0]?.needs === 'file')
})

test('a list that the server fails to give is asked for again, less and less often, until the tab is closed', async () => {
  const setting = await begunElsewhere('other.mov')
  const { controlPlane } = setting.store
  const { listUploads } = controlPlane
  const asked: number[] = []
  const tries = (count: number) =>
    new Promise<void>((resolve) => {
      controlPlane.listUploads = async (...call) => {
        asked.push(setting.clock.now())
        if (asked.length < count) throw new ApiError('Internal Server Error', 500)
        resolve()
        return listUploads(...call)
      }
    })
  const answered = tries(10)
  const tab = setting.tab()
  await answered
  const waited = asked.slice(1).map((at, index) => Math.round((at - (asked[index] ?? 0)) / 1_000))
  expect(waited).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300])
  await tab.until((items) => items[0]?.needs === 'file')
  tab.queue.close()
  void tries(20)
  const other = setting.tab()
  await other.queue.ready
  expect(asked).toHaveLength(11)
  other.queue.close()
  await new Promise<void>((resolve) => void setting.clock.after(60_000, resolve))
  expect(asked).toHaveLength(11)
})

test('the name that the server tells is known again, although it replaced some of its signs', async () => {
  const setting = await begunElsewhere('my films/a b (1).mov')
  const tab = setting.tab()
  for (const upload of setting.store.uploads.values()) upload.fileName = 'my_films_a_b_(1).mov'
  await tab.queue.ready
  const before = setting.store.count('put')
  await tab.queue.add([{ file: fileOf('a b (1).mov'), path: 'my films/a b (1).mov' }])
  await tab.until(isDone)
  expect(tab.queue.items).toMatchObject([{ name: 'my films/a b (1).mov' }])
  expect(setting.store.count('put') - before).toBeLessThan(8)
})

test('another file of that name is not sent as that upload, nor is it lost', async () => {
  const setting = await begunElsewhere('a.mov')
  const tab = setting.tab()
  await tab.queue.ready
  await tab.queue.add(picked(fileOf('a.mov', 95, { version: 2, at: 5 })))
  await tab.until(allIn('failed'))
  expect(tab.item('a.mov').problem?.code).toBe('file-changed')
  expect(setting.store.uploads.size).toBe(1)
  const before = setting.store.count('put')
  await tab.queue.add(picked(fileOf('a.mov')))
  await tab.until(isDone)
  expect(setting.store.count('put') - before).toBeLessThan(8)
})

test('an upload whose parts the server could not be told to drop says so, and goes when it is dismissed', async () => {
  const setting = new QueueSetting()
  const tab = setting.tab()
  await tab.queue.add(picked(fileOf('a.mov')))
  await tab.until((items) => items[0]?.partsDone === 3)
  setting.store.fault = ({ operation }) => (operation === 'abort' ? 'drop' : undefined)
  tab.queue.cancel(tab.item('a.mov').id)
  expect(tab.item('a.mov').state).toBe('cancelling')
  await tab.until(allIn('failed'))
  expect(tab.item('a.mov').problem).toMatchObject({ code: 'not-dropped', action: 'remove' })
  tab.queue.remove()
  expect(tab.queue.items).toHaveLength(1)
  tab.queue.remove(tab.item('a.mov').id)
  expect(tab.queue.items).toEqual([])
})

test('an unfinished upload of this browser whose file is not there is discarded on the server', async () => {
  const setting = new QueueSetting()
  const first = setting.tab()
  await first.queue.add(picked(fileOf('a.mov')))
  await first.until((items) => (items[0]?.partsDone ?? 0) > 2)
  first.kill()
  await setting.landed()
  setting.storage.files.clear()
  setting.listing = Promise.reject(new ApiError('Service Unavailable', 503))
  setting.listing.catch(() => {})
  const second = setting.tab()
  await second.queue.ready
  setting.listing = Promise.resolve()
  second.queue.cancel()
  await second.until((items) => items.length === 0)
  await setting.landed()
  expect([setting.store.uploads.size, setting.storage.items.size]).toEqual([0, 0])
})

test('a restart drops what had arrived and sends the file anew', async () => {
  const setting = new QueueSetting()
  const tab = setting.tab()
  const { controlPlane } = setting.store
  const { complete } = controlPlane
  controlPlane.complete = () => Promise.reject(new ApiError('Forbidden', 403))
  await tab.queue.add(picked(fileOf('a.mov')))
  await tab.until(allIn('resumable'))
  controlPlane.complete = complete
  const before = setting.store.count('put')
  tab.queue.restart(tab.item('a.mov').id)
  await tab.until(isDone)
  expect(setting.store.count('put') - before).toBe(10)
  expect([setting.store.uploads.size, setting.store.objects.size]).toEqual([0, 1])
})

test('what fails after a restart goes on from there', async () => {
  const setting = new QueueSetting()
  const tab = setting.tab()
  const { controlPlane } = setting.store
  const { complete } = controlPlane
  controlPlane.complete = () => Promise.reject(new ApiError('Forbidden', 403))
  await tab.queue.add(picked(fileOf('a.mov')))
  await tab.until(allIn('resumable'))
  tab.queue.restart(tab.item('a.mov').id)
  await tab.until((items) => items[0]?.state === 'uploading')
  await tab.until(allIn('resumable'))
  controlPlane.complete = complete
  tab.queue.retry()
  await tab.until(isDone)
  expect(setting.store.count('put')).toBe(20)
})
