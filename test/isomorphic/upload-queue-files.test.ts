import { expect, test } from 'vitest'
import { NetworkError, SourceChangedError } from '../../client/errors.ts'
import type { PickedFile } from '../../element/upload-queue.ts'
import { FakeSource } from '../client/fake-store.ts'
import { allIn, fileOf, picked, QueueSetting, type Tab } from '../client/queue-setting.ts'

const isDone = allIn('done')

/** A handle of the browser's; `permission` is what a person would say, or has said. */
class FakeHandle {
  permission: PermissionState = 'granted'
  asked = 0
  file: File | undefined
  /** What a person says when asked. */
  answer: PermissionState = 'granted'

  constructor(file: File) {
    this.file = file
  }
  async queryPermission() {
    return this.permission
  }
  async requestPermission() {
    this.asked++
    this.permission = this.answer
    return this.permission
  }
  async getFile() {
    if (!this.file) throw new DOMException('It is gone.', 'NotFoundError')
    return this.file
  }
}

const withHandle = (file: File, handle: FakeHandle): PickedFile => ({
  file,
  handle: handle as unknown as FileSystemFileHandle,
})

/** Uploads some parts of a file, and then the browser is killed. */
async function interrupted(setting: QueueSetting, files: readonly PickedFile[]): Promise<Tab> {
  const tab = setting.tab()
  await tab.queue.add(files)
  await tab.until((items) => items.every(({ partsDone }) => partsDone >= 3))
  tab.kill()
  await setting.landed()
  return tab
}

/** So that a reload finds no Files. */
function forgetFiles(setting: QueueSetting): void {
  setting.storage.files.clear()
}

test('a handle that may be read goes on by itself, and no File is stored of it', async () => {
  const setting = new QueueSetting()
  const film = fileOf('a.mov')
  await interrupted(setting, [withHandle(film, new FakeHandle(film))])
  expect(setting.storage.files.size).toBe(0)
  const tab = setting.tab()
  await tab.until(isDone)
})

test('a handle that needs permission waits for a click, in whatever tab that is', async () => {
  const setting = new QueueSetting()
  const film = fileOf('a.mov')
  const handle = new FakeHandle(film)
  await interrupted(setting, [withHandle(film, handle)])
  handle.permission = 'prompt'
  const [runner, other] = [setting.tab(), setting.tab()]
  await other.until((items) => items[0]?.needs === 'permission')
  expect(runner.item('a.mov')).toMatchObject({ state: 'unfinished', needs: 'permission' })
  handle.answer = 'denied'
  other.queue.resume(other.item('a.mov').id)
  await setting.landed()
  expect(runner.item('a.mov').needs).toBe('permission')
  handle.answer = 'granted'
  other.queue.resume()
  await runner.until(isDone)
  expect([runner.begun, other.begun, handle.asked]).toEqual([['a.mov'], [], 2])
})

test('where a file was moved away, it has to be chosen again', async () => {
  const setting = new QueueSetting()
  const film = fileOf('a.mov')
  const handle = new FakeHandle(film)
  await interrupted(setting, [withHandle(film, handle)])
  handle.file = undefined
  const tab = setting.tab()
  await tab.queue.ready
  expect(tab.item('a.mov').needs).toBe('file')
  const before = setting.store.count('put')
  await tab.queue.add(picked(film))
  await tab.until(isDone)
  expect(setting.store.count('put') - before).toBeLessThan(8)
})

test('what was dropped with its folders is known again when it is chosen without them', async () => {
  const setting = new QueueSetting()
  await interrupted(setting, [{ file: fileOf('a.mov'), path: 'films/a.mov' }])
  forgetFiles(setting)
  const tab = setting.tab()
  await tab.until((items) => items[0]?.needs === 'file')
  const before = setting.store.count('put')
  await tab.queue.add(picked(fileOf('a.mov')))
  await tab.until(isDone)
  expect(tab.queue.items).toMatchObject([{ name: 'films/a.mov' }])
  expect(setting.store.count('put') - before).toBeLessThan(8)
})

test('a file of another folder is not taken for one that waits, and each file is taken for one item alone', async () => {
  const setting = new QueueSetting()
  await interrupted(setting, [{ file: fileOf('a.mov'), path: 'films/a.mov' }])
  forgetFiles(setting)
  const tab = setting.tab()
  await tab.queue.ready
  const again = [
    { file: fileOf('a.mov', 95, { version: 2, at: 5 }), path: 'copies/a.mov' },
    { file: fileOf('a.mov'), path: 'films/a.mov' },
    { file: fileOf('a.mov', 95, { version: 3, at: 6 }), path: 'more/a.mov' },
  ]
  expect(await tab.queue.add(again)).toEqual([])
  await tab.until((items) => items.length === 3 && isDone(items))
  expect(tab.queue.items.map(({ name }) => name)).toEqual(['films/a.mov', 'copies/a.mov', 'more/a.mov'])
})

test('two files of one name and size are not both taken for the one that waits', async () => {
  const setting = new QueueSetting()
  await interrupted(setting, [{ file: fileOf('a.mov'), path: 'films/a.mov' }])
  forgetFiles(setting)
  const tab = setting.tab()
  await tab.queue.ready
  const [right, other] = [fileOf('a.mov'), fileOf('a.mov', 95, { version: 2, at: 5 })]
  expect(await tab.queue.add(picked(right, other))).toEqual([])
  await tab.until((items) => items.length === 2 && isDone(items))
  expect(tab.queue.items.map(({ name }) => name)).toEqual(['films/a.mov', 'a.mov'])
})

test('the very file counts before one that may be it, whichever comes first', async () => {
  const setting = new QueueSetting()
  await interrupted(setting, [{ file: fileOf('a.mov'), path: 'films/a.mov' }])
  forgetFiles(setting)
  const tab = setting.tab()
  await tab.queue.ready
  const again = [
    { file: fileOf('a.mov', 95, { version: 2, at: 5 }) },
    { file: fileOf('a.mov'), path: 'films/a.mov' },
  ]
  expect(await tab.queue.add(again)).toEqual([])
  await tab.until((items) => items.length === 2 && isDone(items))
  expect(tab.queue.items.map(({ name }) => name)).toEqual(['films/a.mov', 'a.mov'])
})

test('who presses Retry twice while the file is read again has one upload of it', async () => {
  const setting = new QueueSetting()
  const film = fileOf('a.mov')
  const handle = new FakeHandle(film)
  const tab = setting.tab()
  setting.store.fault = () => 'denied'
  await tab.queue.add([withHandle(film, handle)])
  await tab.until(allIn('resumable'))
  setting.store.fault = () => undefined
  const reads: (() => void)[] = []
  handle.getFile = () => new Promise((resolve) => reads.push(() => resolve(film)))
  tab.queue.retry()
  tab.queue.retry()
  await setting.landed()
  expect(reads).toHaveLength(2)
  reads[0]?.()
  await tab.until((items) => (items[0]?.partsDone ?? 0) > 2)
  reads[1]?.()
  await tab.until(isDone)
  expect(tab.begun).toEqual(['a.mov', 'a.mov'])
})

test('another file of that name and size is told from it, nothing is lost, and the right one goes on', async () => {
  const setting = new QueueSetting()
  await interrupted(setting, picked(fileOf('a.mov')))
  forgetFiles(setting)
  const tab = setting.tab()
  await tab.queue.ready
  await tab.until((items) => items[0]?.needs === 'file')
  await tab.queue.add(picked(fileOf('a.mov', 95, { version: 2 })))
  await tab.until((items) => items[0]?.state === 'failed')
  expect(tab.item('a.mov').problem).toMatchObject({ code: 'file-changed', action: 'choose' })
  const before = setting.store.count('put')
  await tab.queue.add(picked(fileOf('a.mov')))
  await tab.until(isDone)
  expect(setting.store.count('put') - before).toBeLessThan(8)
})

test('a copy with another time is compared with what has arrived, where the server tells of it', async () => {
  const setting = new QueueSetting()
  await interrupted(setting, picked(fileOf('a.mov')))
  forgetFiles(setting)
  const tab = setting.tab()
  await tab.queue.ready
  const before = setting.store.count('put')
  await tab.queue.add(picked(fileOf('a.mov', 95, { version: 2, at: 5 })))
  await tab.until((items) => items[0]?.state === 'failed')
  expect(tab.item('a.mov').problem?.code).toBe('file-changed')
  await tab.queue.add(picked(fileOf('a.mov', 95)))
  await tab.until(isDone)
  expect(setting.store.count('put') - before).toBeLessThan(8)
})

test('without the server, a copy with another time is not taken for the file, and nothing is lost', async () => {
  const setting = new QueueSetting()
  await interrupted(setting, picked(fileOf('a.mov')))
  forgetFiles(setting)
  setting.listing = Promise.reject(new NetworkError('There is no network.'))
  setting.listing.catch(() => {})
  const tab = setting.tab()
  await tab.queue.ready
  await tab.queue.add(picked(fileOf('a.mov', 95, { at: 5 })))
  await tab.until(allIn('failed'))
  expect(tab.item('a.mov').problem?.code).toBe('file-changed')
  expect([tab.begun, setting.store.uploads.size]).toEqual([[], 1])
  tab.queue.close()
})

test('a file that changed is sent as it is now once it is chosen again, and what had arrived is dropped', async () => {
  const setting = new QueueSetting()
  await interrupted(setting, picked(fileOf('a.mov')))
  forgetFiles(setting)
  const tab = setting.tab()
  await tab.queue.ready
  const longer = fileOf('a.mov', 125, { version: 2, at: 5 })
  await tab.queue.add(picked(fileOf('a.mov', 95, { version: 2, at: 5 })))
  await tab.until((items) => items[0]?.state === 'failed')
  await tab.queue.add(picked(longer))
  await tab.until(isDone)
  expect(tab.item('a.mov')).toMatchObject({ size: 125, bytes: 125 })
  expect(setting.store.uploads.size).toBe(0)
})

test('of what nothing has arrived yet, a later version of the file is sent, and none is said to have changed', async () => {
  for (const refused of ['initiate', 'put']) {
    const setting = new QueueSetting()
    const [before, now] = [fileOf('a.mov'), fileOf('a.mov', 95, { version: 2, at: 5 })]
    const handle = new FakeHandle(before)
    setting.store.fault = ({ operation }) => (operation === refused ? 'unreached' : undefined)
    const tab = setting.tab()
    await tab.queue.add([withHandle(before, handle)])
    await tab.until(allIn('resumable'))
    tab.kill()
    await setting.landed()
    setting.store.fault = () => undefined
    handle.permission = 'prompt'
    handle.file = now
    const other = setting.tab()
    await other.queue.ready
    other.queue.resume()
    await other.until(isDone)
    expect([...setting.store.objects.values()]).toEqual([new FakeSource(95, { version: 2 }).bytes])
    expect(setting.store.uploads.size).toBe(0)
  }
})

test('of a file that was chosen again after it had changed, a reload finds the one that was chosen', async () => {
  const setting = new QueueSetting()
  const tab = setting.tab()
  const { complete } = setting.store.controlPlane
  setting.store.controlPlane.complete = () => Promise.reject(new SourceChangedError('It has changed.'))
  await tab.queue.add(picked(fileOf('a.mov')))
  await tab.until(allIn('failed'))
  setting.store.controlPlane.complete = complete
  const changed = fileOf('a.mov', 95, { version: 2, at: 5 })
  await tab.queue.add(picked(changed))
  await tab.until((items) => items[0]?.state === 'uploading' && items[0].partsDone >= 3)
  tab.kill()
  await setting.landed()
  const other = setting.tab()
  await other.until(isDone)
  const { bytes } = new FakeSource(95, { version: 2 })
  expect([...setting.store.objects.values()]).toEqual([bytes])
})

test('where there is no room for the file that was chosen again, or no need, that which it was is not stored any more', async () => {
  for (const { handle, size } of [
    { handle: undefined, size: 40_000 },
    { handle: true, size: 95 },
  ]) {
    const setting = new QueueSetting()
    setting.storage.free = 1_000
    const tab = setting.tab()
    const { complete } = setting.store.controlPlane
    setting.store.controlPlane.complete = () => Promise.reject(new SourceChangedError('It has changed.'))
    await tab.queue.add(picked(fileOf('a.mov')))
    await tab.until(allIn('failed'))
    expect(setting.storage.files.size).toBe(1)
    setting.store.controlPlane.complete = complete
    const changed = fileOf('a.mov', size, { version: 2, at: 5 })
    await tab.queue.add([handle ? withHandle(changed, new FakeHandle(changed)) : { file: changed }])
    await tab.until((items) => items[0]?.state === 'uploading' && items[0].partsDone >= 3)
    expect(setting.storage.files.size).toBe(0)
    tab.queue.close()
  }
})

test('Files are stored as long as there is room for copies, and the rest has to be chosen again', async () => {
  const setting = new QueueSetting()
  setting.storage.free = 2_000
  await interrupted(setting, picked(fileOf('a.mov'), fileOf('b.mov'), fileOf('c.mov')))
  expect(setting.storage.files.size).toBe(2)
  const tab = setting.tab()
  await tab.until((items) => items[2]?.needs === 'file' && items[1]?.state === 'done')
  expect(tab.states()).toEqual({ 'a.mov': 'done', 'b.mov': 'done', 'c.mov': 'unfinished' })
})

test('where nothing can be stored, uploads go on, and say so', async () => {
  const setting = new QueueSetting()
  setting.storage.failure = new DOMException('', 'QuotaExceededError')
  const tab = setting.tab()
  await tab.queue.add(picked(fileOf('a.mov')))
  await tab.until(isDone)
  expect(tab.item('a.mov').note).toBe('no-space-to-remember')
  expect(setting.storage.transactions).toBeLessThan(10)
})

test('a thousand files are remembered in a few transactions, before the second of them is sent', async () => {
  const setting = new QueueSetting({ singleUpTo: 10 })
  const tab = setting.tab()
  await tab.queue.add(picked(...Array.from({ length: 1_000 }, (_, index) => fileOf(`${index}`, 10))))
  await tab.until((items) => items.some(({ state }) => state === 'done'))
  expect(setting.storage.items.size).toBeGreaterThan(990)
  expect(setting.storage.transactions).toBeLessThan(10)
})
