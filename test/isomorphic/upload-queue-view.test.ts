import { expect, test } from 'vitest'
import { allIn, fileOf, picked, QueueSetting } from '../client/queue-setting.ts'
import { once } from '../client/upload-setting.ts'

const isDone = allIn('done')

test('an item that looks the same is the same object', async () => {
  const setting = new QueueSetting()
  const tab = setting.tab()
  await tab.queue.add(picked(fileOf('a'), fileOf('b'), fileOf('c')))
  tab.queue.pause(tab.item('b').id)
  await tab.until(() => tab.item('a').partsDone > 1)
  const [a, b] = tab.queue.items
  expect(tab.queue.items).toBe(tab.queue.items)
  await tab.until(() => tab.item('a').partsDone > 3)
  expect(tab.queue.items[1]).toBe(b)
  expect(tab.queue.items[0]).not.toBe(a)
})

test('every part has its mark: to go, moving, tried again, stored, and stored after another try', async () => {
  const setting = new QueueSetting()
  const tab = setting.tab()
  const seen = new Set<string>()
  tab.queue.subscribe(() => seen.add(tab.queue.items[0]?.parts ?? ''))
  let failures = 0
  setting.store.fault = ({ partNumber }) => (partNumber === 2 && failures++ < 2 ? 'busy' : undefined)
  await tab.queue.add(picked(fileOf('a')))
  const [item] = await tab.until(isDone)
  expect(item).toMatchObject({ parts: '#+########', retries: 2, struggling: false })
  const marks = [...seen].join('')
  for (const mark of '.>!#+') expect(marks).toContain(mark)
  expect([...seen].every((parts) => parts === '' || parts.length === 10)).toBe(true)
})

test('what nothing moves for is told: a network, or a person who has to sign in', async () => {
  const setting = new QueueSetting()
  const tab = setting.tab()
  await tab.queue.add(picked(fileOf('a'), fileOf('b')))
  await tab.until((items) => items[0]?.partsDone === 3)
  expect(tab.queue.waitingFor).toBeUndefined()
  setting.store.fault = ({ operation }) => (operation === 'put' ? 'unreached' : undefined)
  await tab.until(allIn('waiting'))
  expect([tab.queue.waitingFor, tab.item('a').waitingFor]).toEqual(['network', 'network'])
  setting.store.fault = () => undefined
  await tab.until(isDone)
  expect(tab.queue.waitingFor).toBeUndefined()
})

test('a rate that falls to nothing is seen although nothing happens', async () => {
  const setting = new QueueSetting()
  const tab = setting.tab()
  await tab.queue.add(picked(fileOf('a', 1_000)))
  await tab.until((items) => items[0]?.partsDone === 30)
  setting.store.fault = () => 'silent'
  await tab.until((items) => (items[0]?.rate ?? 0) > 50)
  const since = setting.clock.now()
  await tab.until((items) => (items[0]?.rate ?? 0) < 50)
  expect(setting.clock.now() - since).toBeLessThan(8_000)
})

test('an upload that the store dropped is sent anew, says so, and its map begins anew', async () => {
  const setting = new QueueSetting()
  const tab = setting.tab()
  const maps: string[] = []
  tab.queue.subscribe(() => maps.push(tab.queue.items[0]?.parts ?? ''))
  setting.store.fault = once('gone', ({ partNumber }) => partNumber === 7)
  await tab.queue.add(picked(fileOf('a')))
  const [item] = await tab.until(isDone)
  expect(item).toMatchObject({ note: 'restarted', parts: '##########' })
  const most = maps.findLastIndex((map) => map.includes('#####.'))
  expect(maps.slice(most).some((map) => !map.includes('#') && map.length === 10)).toBe(true)
})

test('what the server has is not forgotten while an upload finds out where to go on', async () => {
  const setting = new QueueSetting()
  const first = setting.tab()
  await first.queue.add(picked(fileOf('a')))
  await first.until((items) => (items[0]?.partsDone ?? 0) > 3)
  first.queue.pause()
  await first.until(allIn('paused'))
  first.kill()
  const second = setting.tab()
  await second.queue.ready
  const { bytes } = second.item('a')
  const least: number[] = []
  // As whoever draws does, not in the middle of something.
  second.queue.subscribe(() => queueMicrotask(() => least.push(second.item('a').bytes)))
  second.queue.resume()
  await second.until(isDone)
  expect(bytes).toBeGreaterThan(30)
  expect(Math.min(...least)).toBe(bytes)
})

test('thousands of parts of a file cost little, whoever looks after each of them', async () => {
  const setting = new QueueSetting()
  const tab = setting.tab()
  let [looks, spent] = [0, 0]
  tab.queue.subscribe(() => {
    const before = performance.now()
    void tab.queue.items
    spent += performance.now() - before
    looks++
  })
  await tab.queue.add(picked(fileOf('a', 30_000)))
  const [item] = await tab.until(isDone)
  expect(item?.parts).toBe('#'.repeat(3_000))
  expect(spent / looks).toBeLessThan(0.3)
})
