import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createApi } from '../../client/api.ts'
import { createTraffic as browserTraffic } from '../../client/browser/traffic.ts'
import { createConnections } from '../../client/node/http.ts'
import { createClient } from '../../client/node/index.ts'
import { type FileSource, openFile } from '../../client/node/source.ts'
import { createTraffic } from '../../client/node/traffic.ts'
import { fileTransport } from '../../client/node/transport.ts'
import type { Journal } from '../../client/ports.ts'
import { upload } from '../../client/upload.ts'
import { useLocalAws } from '../api/local-aws.ts'
import { enginePorts } from './engine-ports.ts'
import { pseudoRandom, readBody, serve, temporaryFolder } from './servers.ts'

const MIB = 1024 * 1024
const { signal } = new AbortController()
const forgetful: Journal = {
  entries: [],
  setAside: undefined,
  append: async () => {},
  clear: async () => {},
  close: async () => {},
}

/** A file. @returns sends it whole, as fast as it may */
async function sender(url: string, size: number, pace: ReturnType<typeof createTraffic>['pace']) {
  const path = join(await temporaryFolder(), 'film.mov')
  await writeFile(path, pseudoRandom(size))
  const source = await openFile(path)
  const connections = createConnections()
  onTestFinished(async () => {
    connections.close()
    await source.close()
  })
  const transport = fileTransport(connections)
  return () =>
    transport.put({
      ...{ url, headers: {}, body: source.slice(0, size), signal },
      ...(pace && { pace }),
      onProgress() {},
    })
}

describe('a bandwidth limit over real HTTP', () => {
  test.each([
    ['one file', [20 * MIB]],
    ['two files at once', [8 * MIB, 12 * MIB]],
  ])('holds for %s, within a twentieth', { retry: 3 }, async (_, sizes) => {
    const limit = 10 * MIB
    let arrived = 0
    const url = await serve(async (request, response) => {
      const { length } = await readBody(request)
      arrived += length
      response.end()
    })
    const { pace } = createTraffic({ bandwidthLimit: limit })
    const senders = await Promise.all(sizes.map((size) => sender(url, size, pace)))
    const begun = performance.now()
    await Promise.all(senders.map((send) => send()))
    const rate = arrived / ((performance.now() - begun) / 1000)
    expect(arrived).toBe(20 * MIB)
    expect(rate / limit).toBeGreaterThan(0.95)
    expect(rate / limit).toBeLessThan(1.05)
  })

  test('keeps nobody who stops', async () => {
    const url = await serve((request) => request.resume())
    const { pace } = createTraffic({ bandwidthLimit: 16 * 1024 })
    const stop = new AbortController()
    const path = join(await temporaryFolder(), 'film.mov')
    await writeFile(path, pseudoRandom(MIB))
    const source = await openFile(path)
    const connections = createConnections()
    onTestFinished(() => source.close())
    const sent = fileTransport(connections).put({
      ...{ url, headers: {}, body: source.slice(0, MIB), signal: stop.signal },
      ...(pace && { pace }),
      onProgress: () => stop.abort(new Error('no longer')),
    })
    await expect(sent).rejects.toThrow('no longer')
  })
})

const aws = useLocalAws()

test('two uploads of a client share its lanes, and each has some', async () => {
  const folder = await temporaryFolder()
  const connections = createConnections()
  const transport = fileTransport(connections)
  const underWay = { one: 0, two: 0 }
  const seen: { one: number; two: number }[] = []
  const begin = async (name: 'one' | 'two') => {
    const path = join(folder, name)
    await writeFile(path, pseudoRandom(60 * MIB))
    const source = await openFile(path)
    onTestFinished(() => source.close())
    const put: typeof transport.put = async (request) => {
      underWay[name]++
      seen.push({ ...underWay })
      try {
        return await transport.put(request)
      } finally {
        underWay[name]--
      }
    }
    return () =>
      upload(
        source,
        {
          controlPlane: createApi({ url: aws.apiUrl }),
          transport: { ...transport, put },
          journals: { open: async () => forgetful },
          ...enginePorts,
          lanes,
        },
        { partSize: 5 * MIB },
      ).result
  }
  const { lanes } = createTraffic({ concurrency: 4 })
  onTestFinished(() => connections.close())
  const [one, two] = [await begin('one'), await begin('two')]
  await Promise.all([one(), two()])
  expect(Math.max(...seen.map(({ one, two }) => one + two))).toBe(4)
  const shared = seen.filter(({ one, two }) => one > 0 && two > 0)
  expect(shared.filter(({ one, two }) => one === 2 && two === 2).length).toBeGreaterThan(shared.length / 4)
})

describe('a client with a bandwidth limit', () => {
  test('keeps it for a download and for two uploads at once, one of them in parts', {
    retry: 3,
  }, async () => {
    const limit = 10 * MIB
    const folder = await temporaryFolder()
    const state = join(folder, 'state')
    const [free, limited] = [
      createClient({ url: aws.apiUrl, state }),
      createClient({ url: aws.apiUrl, state, bandwidthLimit: limit }),
    ]
    const open = async (name: string, size: number) => {
      await writeFile(join(folder, name), pseudoRandom(size))
      return openFile(join(folder, name))
    }
    const sources = [await open('one', 15 * MIB), await open('two', 25 * MIB), await open('three', 10 * MIB)]
    onTestFinished(async () => {
      for (const source of sources) await source.close()
      free.close()
      limited.close()
    })
    const [one, two, three] = sources as [FileSource, FileSource, FileSource]
    const { key } = await free.upload(three).result
    const output = join(folder, 'back')
    const begun = performance.now()
    await Promise.all([
      limited.upload(one).result,
      limited.upload(two).result,
      limited.download(key, { output }).result,
    ])
    const rate = (50 * MIB) / ((performance.now() - begun) / 1000)
    // The calls of the API are in the time as well.
    expect(rate / limit).toBeGreaterThan(0.85)
    expect(rate / limit).toBeLessThan(1.05)
  })
})

describe('lanes in Node', () => {
  test.each([
    ['by default', {}, 28],
    ['with twice the memory', { maxMemory: 512 * MIB }, 64],
    ['with little memory', { maxMemory: 160 * MIB }, 4],
    ['with memory for one', { maxMemory: 148 * MIB }, 1],
    ['with a concurrency of its own', { concurrency: 3 }, 3],
    ['under a limit, which more would not help', { bandwidthLimit: 8 * MIB }, 4],
    ['under a limit of less than a MiB', { bandwidthLimit: 64 * 1024 }, 2],
    ['under the lowest limit, so that none is silent for long', { bandwidthLimit: 16 * 1024 }, 1],
    ['under a limit that is hardly one', { bandwidthLimit: 1024 * MIB }, 28],
  ])('%s are as many as it has room for', (_, options, most) => {
    expect(createTraffic(options).lanes.share().max).toBe(most)
  })

  test.each([
    [
      { maxMemory: 64 * MIB },
      'Expected a maxMemory of at least 155189248 bytes (148 MiB), which one part under way needs, got 67108864.',
    ],
    [
      { maxMemory: Number.NaN },
      'Expected a maxMemory of at least 155189248 bytes (148 MiB), which one part under way needs, got NaN.',
    ],
    [
      { concurrency: 64 },
      'Expected a concurrency of at most 28, which is what a maxMemory of 268435456 bytes has room for, got 64; set maxMemory to 419430400 or more.',
    ],
    [{ concurrency: 0 }, 'Expected a concurrency of 1, 2, 3 …, got 0.'],
    [
      { bandwidthLimit: 100 },
      'Expected a bandwidthLimit of at least 16384 bytes per second, got 100; leave it out for none.',
    ],
  ])('are refused for %j', (options, message) => {
    expect(() => createTraffic(options)).toThrow(new RangeError(message))
  })
})

test.each([
  ['by default', {}, 5],
  ['with a concurrency of its own', { concurrency: 3 }, 3],
  ['under a bandwidth limit', { bandwidthLimit: 1_000_000 }, 2],
])('lanes in browsers, %s, are few', (_, options, most) => {
  expect(browserTraffic(options).share().max).toBe(most)
})
