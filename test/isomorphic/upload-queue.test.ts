import { expect, test } from 'vitest'
import { ApiError } from '../../client/errors.ts'
import { allIn, fileOf, picked, QueueSetting } from '../client/queue-setting.ts'

const isDone = allIn('done')

test('files go up in their order, five at a time', async () => {
  const tab = new QueueSetting().tab()
  const names = Array.from({ length: 12 }, (_, index) => `${index}.mov`)
  expect(await tab.queue.add(picked(...names.map((name) => fileOf(name))))).toEqual([])
  let most = 0
  tab.queue.subscribe(() => {
    const moving = tab.queue.items.filter(({ state }) => /planned|uploading|completing/.test(state)).length
    most = Math.max(most, moving)
  })
  const items = await tab.until(isDone)
  expect(items.map(({ name }) => name)).toEqual(names)
  expect(tab.begun).toEqual(names)
  expect(most).toBe(5)
  expect(items[0]).toMatchObject({ size: 95, bytes: 95, parts: '##########', partsDone: 10, retries: 0 })
  expect(items[0]?.result).toMatchObject({ size: 95, verified: 'checksum' })
})

test('a file that waits for its turn may be paused, and all may; each goes on when it is told to', async () => {
  const tab = new QueueSetting().tab()
  await tab.queue.add(picked(...Array.from({ length: 7 }, (_, index) => fileOf(`${index}`))))
  tab.queue.pause()
  await tab.until(allIn('paused'))
  expect(tab.queue.items.map(({ bytes }) => bytes)).toEqual([0, 0, 0, 0, 0, 0, 0])
  tab.queue.resume(tab.item('6').id)
  await tab.until(() => tab.item('6').state === 'done')
  expect(tab.states()).toMatchObject({ 0: 'paused', 5: 'paused', 6: 'done' })
  tab.queue.resume()
  await tab.until(isDone)
})

test('a reload goes on with what was running, sends no part again, and leaves what was paused', async () => {
  const setting = new QueueSetting()
  const first = setting.tab()
  await first.queue.add(picked(fileOf('a.mov'), fileOf('b.mov')))
  await first.until(() => first.item('b.mov').partsDone >= 2)
  first.queue.pause(first.item('b.mov').id)
  await first.until(() => first.item('a.mov').partsDone >= 4)
  first.kill()
  await setting.landed()
  const held = [...setting.store.uploads.values()].map(({ parts }) => parts.size)
  const putBefore = setting.store.count('put')

  const second = setting.tab()
  await second.queue.ready
  expect(second.item('b.mov')).toMatchObject({
    state: 'unfinished',
    needs: 'click',
    bytes: 10 * (held[1] ?? 0),
  })
  await second.until(() => second.item('a.mov').state === 'done')
  expect(setting.store.count('put') - putBefore).toBe(10 - (held[0] ?? 0))
  second.queue.resume()
  await second.until(isDone)
  expect(setting.store.count('put') - putBefore).toBe(20 - (held[0] ?? 0) - (held[1] ?? 0))
  await setting.landed()
  expect(setting.storage.items.size + setting.storage.files.size).toBe(0)
})

test('two tabs share one list: one uploads, both show it, and either is told what to do', async () => {
  const setting = new QueueSetting()
  const [first, second] = [setting.tab(), setting.tab()]
  await first.queue.ready
  await second.queue.add(picked(fileOf('a.mov'), fileOf('b.mov')))
  await second.until(() => second.queue.items.some(({ partsDone }) => partsDone > 0))
  expect([first.begun, second.begun]).toEqual([['a.mov', 'b.mov'], []])
  expect([first.queue.runsHere, second.queue.runsHere]).toEqual([true, false])
  second.queue.pause(second.item('a.mov').id)
  await first.until(() => first.item('a.mov').state === 'paused')
  await first.until(() => first.item('b.mov').state === 'done')
  second.queue.resume()
  await second.until(isDone)
  expect(second.queue.items).toEqual(first.queue.items)
})

test('when the tab that uploads is gone, the other goes on, with the files that it was told of', async () => {
  const setting = new QueueSetting()
  const [first, second] = [
    setting.tab({ ports: { storage: null } }),
    setting.tab({ ports: { storage: null } }),
  ]
  await first.queue.ready
  await first.queue.add(picked(fileOf('a.mov'), fileOf('b.mov')))
  await second.until((items) => (items[0]?.partsDone ?? 0) >= 4)
  second.queue.pause(second.item('b.mov').id)
  await second.until(() => second.item('b.mov').state === 'paused')
  first.kill()
  await second.until(() => second.item('a.mov').state === 'done')
  expect(second.queue.runsHere).toBe(true)
  expect(second.item('b.mov').state).toBe('paused')
  second.queue.resume()
  await second.until(isDone)
  expect(setting.store.count('put')).toBeLessThan(20 + 6)
})

test('what the server has of this caller and nobody here knows is on the list, until its file is chosen', async () => {
  const setting = new QueueSetting()
  const elsewhere = setting.tab({ ports: { storage: null } })
  await elsewhere.queue.add(picked(fileOf('a.mov'), fileOf('b.mov')))
  await elsewhere.until((items) => items.every(({ partsDone }) => partsDone >= 3))
  elsewhere.kill()
  await setting.landed()
  setting.journals.change(() => [])
  const held = [...setting.store.uploads.values()].map(({ parts }) => parts.size)

  const tab = setting.tab()
  await tab.queue.ready
  expect(tab.queue.items).toMatchObject([
    { name: 'a.mov', state: 'unfinished', needs: 'file', size: 95, bytes: 10 * (held[0] ?? 0) },
    { name: 'b.mov', state: 'unfinished', needs: 'file' },
  ])
  const before = setting.store.count('put')
  await tab.queue.add(picked(fileOf('a.mov')))
  tab.queue.cancel(tab.item('b.mov').id)
  await tab.until(isDone)
  expect(tab.queue.items).toHaveLength(1)
  expect(setting.store.count('put') - before).toBe(10 - (held[0] ?? 0))
  expect(setting.store.uploads.size).toBe(0)
})

test('what fails says why, and goes on when it is told to', async () => {
  const setting = new QueueSetting()
  const { controlPlane } = setting.store
  const { initiate } = controlPlane
  controlPlane.initiate = () => Promise.reject(new ApiError('Forbidden', 403))
  const tab = setting.tab()
  await tab.queue.add(picked(fileOf('a.mov')))
  await tab.until(allIn('resumable'))
  expect(tab.item('a.mov').problem).toMatchObject({ code: 'not-allowed', action: 'retry' })
  controlPlane.initiate = initiate
  tab.queue.retry()
  await tab.until(isDone)
  expect(tab.item('a.mov').problem).toBeUndefined()
})
