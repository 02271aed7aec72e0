import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createBoard } from '../../cli/board.ts'
import { followDownload, followUpload } from '../../cli/follow.ts'
import { createOutput } from '../../cli/output.ts'
import type { Download, Upload } from '../../client/node/index.ts'

test('a stream that ends before its first part is full is said to be as long as it is', async () => {
  const { events, run, board, output, said } = open()
  const standing = { bytesSent: 0, size: 0, sizeKnown: true }
  const { promise: result, resolve } = Promise.withResolvers<object>()
  const upload = Object.assign(run, { snapshot: () => ({ ...standing }), result }) as unknown as Upload
  const followed = followUpload(upload, 'standard input', board, output)
  standing.size = 2048
  events.emit('initiated', { key: 'a', partSize: 2048, partCount: 1 })
  resolve({ size: 2048, elapsed: 1000.25, bytesTransferred: 0, bytesResumed: 2048, verified: 'checksum' })
  await followed
  board.end()
  expect(said).toEqual([
    'standard input: sending 2.00 KiB\n',
    'standard input: done, 2.00 KiB, 2.00 KiB of them before, in 1 s, verified by checksum\n',
  ])
})

test('a file whose name has line breaks is a line; a script is told its path as it is', async () => {
  const { events, run, board, output, said, printed } = open()
  const { promise: result, resolve } = Promise.withResolvers<object>()
  const download = Object.assign(run, {
    snapshot: () => ({ bytesReceived: 0 }),
    result,
  }) as unknown as Download
  const followed = followDownload(download, 'a', board, output)
  events.emit('started', { path: '/tmp/a\nb', size: 1 })
  resolve({ size: 1, elapsed: 1000.25, bytesTransferred: 1, bytesResumed: 0, verified: 'checksum' })
  await followed
  board.end()
  expect(said[0]).toBe('a: receiving 1 B into /tmp/a\\nb\n')
  const told = printed.map((line) => JSON.parse(line))
  expect(told).toMatchObject([
    { type: 'started', path: '/tmp/a\nb' },
    { elapsedMs: 1000 },
    { type: 'summary' },
  ])
})

test('another try names its file in one line, however the file is called', async () => {
  const { events, run, board, output, said } = open({ verbose: true })
  const standing = { bytesSent: 0, size: 2048, sizeKnown: true }
  const { promise: result, resolve } = Promise.withResolvers<object>()
  const upload = Object.assign(run, { snapshot: () => standing, result }) as unknown as Upload
  const followed = followUpload(upload, 'a\nb', board, output)
  events.emit('retry', { partNumber: 3, delay: 0, error: new Error('expired') })
  resolve({ size: 2048, elapsed: 1000, bytesTransferred: 2048, bytesResumed: 0, verified: 'checksum' })
  await followed
  board.end()
  expect(said[0]).toMatch(/^a\\nb: part 3: .+; again in 0 ms\n$/)
})

function open(flags: { verbose?: true } = {}) {
  const events = new EventEmitter()
  const said: string[] = []
  const printed: string[] = []
  const stderr = Object.assign(new PassThrough(), { write: (text: string) => said.push(text) }) as never
  const stdout = Object.assign(new PassThrough(), { write: (text: string) => printed.push(text) }) as never
  const output = createOutput({ stdout, stderr }, { json: true, 'no-progress': true, ...flags })
  const board = createBoard({ stderr, environment: {} }, output)
  return { events, run: { on: events.on.bind(events) }, board, output, said, printed }
}
