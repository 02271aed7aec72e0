import { describe, expect, test } from 'vitest'
import { Activities } from '../../client/activity.ts'
import type { Wait, Waits } from '../../client/control-plane.ts'
import { NetworkError, SourceReadError } from '../../client/errors.ts'
import { fixedLanes } from '../../client/fixed-lanes.ts'
import { createLanes, type LaneBudget } from '../../client/lanes.ts'
import { FakeSource } from '../client/fake-store.ts'
import { isPart, isPut, once, reached, setting } from '../client/upload-setting.ts'

const HOUR = 60 * 60_000

describe('trouble', () => {
  test('of hours is outlasted once contact was made', async () => {
    const { clock, store, source, begin } = setting({ timing: {} })
    store.fault = (request) => (isPart(6)(request) && clock.now() < 20 * HOUR ? 'drop' : undefined)
    const { key } = await begin({ concurrency: 1 }).result
    expect(store.objects.get(key)).toEqual(source.bytes)
    expect(clock.now()).toBeGreaterThan(20 * HOUR)
  })

  test('of the API midway is outlasted too', async () => {
    const { clock, store, begin } = setting({ size: 300, expiresIn: 1, timing: {} })
    store.fault = ({ operation }) => (operation === 'presign' && clock.now() < 3 * HOUR ? 'drop' : undefined)
    expect(await begin({ concurrency: 1 }).result).toMatchObject({ size: 300 })
    expect(clock.now()).toBeGreaterThan(3 * HOUR)
  })

  test('ends the upload for now when patience ends', async () => {
    const { clock, store, begin } = setting({ timing: { patienceMs: HOUR } })
    store.fault = (request) => (isPart(6)(request) ? 'drop' : undefined)
    const run = begin({ concurrency: 1 })
    await expect(run.result).rejects.toThrow(NetworkError)
    expect(run.snapshot().state).toBe('resumable')
    expect(clock.now()).toBeGreaterThan(HOUR)
    expect(clock.now()).toBeLessThan(HOUR + 120_000)
  })

  test('from the first is told soon: an API that nobody has reached', async () => {
    const { store, begin } = setting({ timing: {}, fault: () => 'drop' })
    await expect(begin().result).rejects.toThrow(NetworkError)
    expect(store.count('initiate')).toBe(1)
  })

  test('from the first is told in minutes: a store that nobody has reached', async () => {
    const { clock, store, begin } = setting({ timing: {} })
    store.fault = (request) => (isPut(request) ? 'drop' : undefined)
    await expect(begin({ concurrency: 1 }).result).rejects.toThrow(NetworkError)
    expect(clock.now()).toBeLessThan(5 * 60_000)
  })

  test('of what signs the URLs is none of the parts that wait for them', async () => {
    const { clock, store, begin } = setting({ size: 300, expiresIn: 1, timing: { patienceMs: 60_000 } })
    store.fault = ({ operation }) => {
      if (operation === 'presign') return clock.now() < 50_000 ? 'drop' : undefined
      return clock.now() > 50_000 && clock.now() < 80_000 ? 'drop' : undefined
    }
    expect(await begin({ concurrency: 1 }).result).toMatchObject({ size: 300 })
    expect(clock.now()).toBeGreaterThan(80_000)
  })

  test('does not count while the machine sleeps', async () => {
    const { clock, store, begin } = setting({ timing: { patienceMs: HOUR } })
    let nights = 10
    store.fault = (request) => {
      if (!isPart(6)(request) || nights-- === 0) return undefined
      clock.jump(8 * HOUR)
      return 'drop'
    }
    expect(await begin({ concurrency: 1 }).result).toMatchObject({ size: 95 })
    expect(clock.now()).toBeGreaterThan(80 * HOUR)
  })
})

describe('a wake', () => {
  test('ends every backoff at once', async () => {
    const { clock, wakes, store, begin } = setting({ timing: { retryBaseMs: HOUR, retryCapMs: HOUR } })
    store.fault = once('drop', isPart(3))
    const run = begin()
    run.on('retry', () => void clock.after(1000, () => wakes.wake()))
    await run.result
    expect(clock.now()).toBeLessThan(5_000)
  })

  test('has a part that does not move sent again within seconds', async () => {
    const { clock, wakes, store, begin, later } = setting()
    store.fault = once('silent', isPart(3))
    const run = begin()
    await later(1000)
    wakes.wake()
    await run.result
    expect(clock.now()).toBeLessThan(8_000)
  })
})

describe('a request that gets through', () => {
  const patient = { retryBaseMs: HOUR, retryCapMs: HOUR }

  test('has every other that waits for the network made again at once', async () => {
    const { clock, store, begin } = setting({ timing: patient })
    store.fault = once('unreached', isPart(3))
    await begin({ concurrency: 2 }).result
    expect(clock.now()).toBeLessThan(5_000)
  })

  test('has those of other uploads made again, too', async () => {
    const { clock, store, begin, later } = setting({ timing: patient })
    store.fault = once('unreached', isPart(3))
    const run = begin({ concurrency: 1 })
    await reached(run, 2)
    await later(10_000)
    begin({ concurrency: 1 }, new FakeSource(10, { id: '/other' }))
    await run.result
    expect(clock.now()).toBeLessThan(20_000)
  })

  test('does not have a store asked sooner that has asked to be left alone', async () => {
    const { clock, store, begin } = setting({ timing: patient })
    store.fault = once('busy', isPart(3))
    await begin({ concurrency: 2 }).result
    expect(clock.now()).toBeGreaterThan(HOUR / 4)
  })

  test('spends no tries of a store that nobody has reached', async () => {
    const { clock, store, recovery, begin, later } = setting({ timing: {} })
    store.fault = (request) => (isPut(request) ? 'unreached' : undefined)
    const run = begin({ concurrency: 1 })
    for (let seconds = 0; seconds < 30; seconds++) await later(1000).then(recovery.proven)
    await expect(run.result).rejects.toThrow(NetworkError)
    expect(clock.now()).toBeGreaterThan(60_000)
  })
})

describe('without a network', () => {
  test('nothing is tried but a probe now and then, and it goes on at once when it is back', async () => {
    const { clock, wakes, store, begin, later } = setting({ timing: {} })
    store.fault = () => (wakes.online ? undefined : 'unreached')
    const run = begin({ concurrency: 2 })
    await reached(run, 4)
    wakes.setOnline(false)
    const before = store.count('put')
    await later(10 * 60_000)
    expect(store.count('put') - before).toBeLessThan(2 * 25)
    expect(run.snapshot()).toMatchObject({ state: 'waiting', waitingFor: { for: 'network' } })
    const gone = clock.now()
    wakes.setOnline(true)
    await run.result
    expect(clock.now() - gone).toBeLessThan(2_000)
  })

  test('an upload that is begun waits for it, and uses up no tries', async () => {
    const { clock, wakes, store, begin, later } = setting({ timing: {} })
    wakes.setOnline(false)
    store.fault = () => (wakes.online ? undefined : 'unreached')
    const run = begin()
    await later(5 * HOUR)
    expect(run.snapshot()).toMatchObject({ state: 'waiting', waitingFor: { for: 'network' } })
    wakes.setOnline(true)
    await run.result
    expect(clock.now()).toBeLessThan(5 * HOUR + 5_000)
  })
})

describe('waiting', () => {
  test('is for a network that is gone, though another upload has all lanes', () => {
    const { wakes } = setting({ timing: {} })
    const heard: unknown[] = []
    const activities = new Activities(wakes, undefined, (wait) => heard.push(wait?.for))
    wakes.setOnline(false)
    wakes.setOnline(true)
    activities.end()
    wakes.setOnline(false)
    expect(heard).toEqual(['network', undefined])
  })

  test('is no part of the rate', async () => {
    const { clock, store, begin } = setting({ size: 300, timing: {} })
    const run = begin({ concurrency: 3 })
    const rates: unknown[] = []
    run.on('state', ({ previous }) => previous === 'waiting' && rates.push(run.snapshot().rate))
    await reached(run, 4)
    store.fault = (request) => (isPut(request) && clock.now() < 60_000 ? 'unreached' : undefined)
    await run.result
    expect(rates).toEqual([undefined])
  })

  test('is for a network that is gone: every part is tried again, and none moves', async () => {
    const { clock, store, begin } = setting({ size: 300, timing: {} })
    const run = begin({ concurrency: 3 })
    const states: string[] = []
    run.on('state', ({ state }) => states.push(state))
    await reached(run, 4)
    store.fault = (request) => (isPut(request) && clock.now() < 60_000 ? 'unreached' : undefined)
    await run.result
    expect(states).toEqual(['uploading', 'waiting', 'uploading', 'completing', 'done'])
  })

  test('is not, while one part moves', async () => {
    const { store, begin } = setting({ size: 300, timing: {} })
    store.fault = once('unreached', isPart(3), 6)
    const run = begin({ concurrency: 3 })
    const states: string[] = []
    run.on('state', ({ state }) => states.push(state))
    await run.result
    expect(states).toEqual(['uploading', 'completing', 'done'])
  })

  test('is for complete, too, and can be cancelled', async () => {
    const { store, begin } = setting({ timing: {} })
    store.fault = ({ operation }) => (operation === 'complete' ? 'drop' : undefined)
    const run = begin()
    await new Promise<void>((resolve) => {
      run.on('state', ({ state, previous }) => previous === 'completing' && state === 'waiting' && resolve())
    })
    run.pause()
    expect(run.snapshot().state).toBe('waiting')
    await run.abort()
    expect(run.snapshot().state).toBe('aborted')
    expect(store.uploads.size + store.objects.size).toBe(0)
  })

  test('is for whoever the control plane waits for, while nothing moves', async () => {
    const listeners = new Set<() => void>()
    const waits = {
      current: undefined as Wait | undefined,
      subscribe(listener: () => void) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    } satisfies Waits
    const { store, begin, later } = setting({ waits })
    const { initiate } = store.controlPlane
    const wait = (current: Wait | undefined) => {
      waits.current = current
      for (const listener of listeners) listener()
    }
    store.controlPlane.initiate = async (...request) => {
      wait({ for: 'user', message: 'Sign in.' })
      await later(HOUR)
      wait(undefined)
      return initiate(...request)
    }
    const run = begin()
    await later(1000)
    expect(run.snapshot()).toMatchObject({
      state: 'waiting',
      waitingFor: { for: 'user', message: 'Sign in.' },
    })
    await run.result
    expect(listeners.size).toBe(0)
  })
})

test('a file that cannot be read, though it is what it was, is told so, and goes on later', async () => {
  const { store, source, begin } = setting()
  const { transport } = store
  store.transport = (computesCrc) => ({
    ...transport.call(store, computesCrc),
    put: () => Promise.reject(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })),
  })
  const run = begin()
  await expect(run.result).rejects.toThrow(SourceReadError)
  await expect(run.result).rejects.toThrow('Expected to read file, got EIO.')
  expect(run.snapshot().state).toBe('resumable')
  store.transport = transport
  const { key } = await begin().result
  expect(store.objects.get(key)).toEqual(source.bytes)
  expect(store.count('initiate')).toBe(1)
})

describe('lanes', () => {
  /** Fixed ones that take notes. */
  function notedLanes(max: number) {
    const lanes = fixedLanes(max)
    const noted = { moved: 0, struggled: 0, held: 0, most: 0 }
    const budget: LaneBudget = {
      share: () => ({
        max: lanes.max,
        inUse: 0,
        async acquire(signal) {
          const lane = await lanes.acquire(signal)
          noted.most = Math.max(noted.most, ++noted.held)
          return {
            moved(bytes) {
              noted.moved += bytes
            },
            struggled: () => void noted.struggled++,
            lost() {},
            again: async () => {},
            kept() {},
            release() {
              noted.held--
              lane.release()
            },
          }
        },
      }),
    }
    return { budget, noted }
  }

  test.each([
    ['busy', 1],
    ['stall', 1],
    ['drop', 0],
    ['refuse', 0],
  ] as const)('are told what moves, and that %s is a struggle: %i', async (fault, struggled) => {
    const { budget, noted } = notedLanes(3)
    const { store, begin } = setting({ lanes: budget })
    store.fault = once(fault, isPart(3))
    await begin().result
    expect(noted).toMatchObject({ struggled, held: 0, most: 3 })
    expect(noted.moved).toBeGreaterThanOrEqual(95)
  })

  test('of which another upload has all leave a file queued until it is its turn', async () => {
    const { begin, later } = setting({ lanes: createLanes({ min: 1, start: 1, max: 1 }), singleUpTo: 10 })
    const first = begin()
    await reached(first, 1)
    const second = begin({}, new FakeSource(10, { id: '/other' }))
    await new Promise<void>((resolve) => {
      second.on('state', ({ state }) => state === 'uploading' && resolve())
    })
    await later(5)
    expect([first, second].map((run) => run.snapshot().queued)).toEqual([false, true])
    await second.result
    expect(second.snapshot().queued).toBe(false)
    await first.result
  })

  test('are given back by a small file, too', async () => {
    const { budget, noted } = notedLanes(3)
    await setting({ size: 8, singleUpTo: 8, lanes: budget }).begin().result
    expect(noted).toMatchObject({ moved: 8, held: 0, most: 1 })
  })
})
