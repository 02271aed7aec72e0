import { readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { toBase64 } from '../../checksums/base64.ts'
import { createCrc } from '../../checksums/crc.ts'
import { createApi } from '../../client/api.ts'
import type { Download } from '../../client/download-events.ts'
import { type DownloadOptions, download, type FileDownloadPorts } from '../../client/node/download.ts'
import { createConnections } from '../../client/node/http.ts'
import { downloadStream, type StreamOptions } from '../../client/node/stream.ts'
import type { DownloadResponse } from '../../protocol/schemas.ts'
import { pseudoRandom, sendJson, serve, temporaryFolder } from './servers.ts'

export const MIB = 1024 * 1024
export const KEY = 'uploads/public/x/film.mov'

/** Answers a GET of the store itself, and says so by `true`. */
export type Trouble = (request: IncomingMessage, response: ServerResponse, nth: number) => boolean

export interface Setting {
  object?: Buffer
  etag?: string
  answer?: Partial<DownloadResponse>
  trouble?: Trouble
  /** Of the store's answers. */
  headers?: Record<string, string>
  ports?: Partial<FileDownloadPorts>
}

export interface StreamSetting extends StreamOptions {
  spareBytes?: number
}

/** An API and a store on one server, with one object. */
export async function openSetting({
  object = pseudoRandom(5 * MIB + 3),
  etag = 'abc',
  answer = {},
  trouble = () => false,
  headers = {},
  ports = {},
}: Setting = {}) {
  const ranges: string[] = []
  let signed = 0
  const store = { object, etag }
  const url = await serve((request, response) => {
    const { object, etag } = store
    if (request.method === 'POST') {
      signed++
      const value = toBase64(createCrc('CRC64NVME').update(object).digest())
      return sendJson(response, 200, {
        key: KEY,
        url: `${url}/object?signature=${signed}`,
        fileName: 'film.mov',
        size: object.length,
        etag,
        checksum: { algorithm: 'CRC64NVME', value },
        contentType: 'video/quicktime',
        partSize: MIB + 17,
        expiresAt: '2026-11-21T00:00:00Z',
        expiresIn: 3600,
        ...answer,
      })
    }
    const { range = '' } = request.headers
    ranges.push(range)
    if (trouble(request, response, ranges.length)) return
    if (request.headers['if-match'] !== `"${etag}"`) return void response.writeHead(412).end()
    const { first, end } = bytesOf(range)
    response
      .writeHead(206, {
        'content-range': `bytes ${first}-${end - 1}/${object.length}`,
        'content-length': end - first,
        ...headers,
      })
      .end(object.subarray(first, end))
  })
  const folder = await temporaryFolder()
  const locks = await temporaryFolder()
  const connections = createConnections()
  onTestFinished(() => connections.close())
  const all = { api: createApi({ url }), connections, locks, random: () => 0, ...ports }
  const stream = (writable: Writable, { spareBytes = 32 * MIB, ...options }: StreamSetting = {}) =>
    downloadStream(KEY, writable, { ...all, spareBytes }, options)
  const begin = (options: DownloadOptions = {}) => download(KEY, all, { output: folder, ...options })

  /** Begins, and stops it once so many bytes have arrived. */
  async function beginAndStop(after: number, options: DownloadOptions = {}): Promise<Download> {
    const stop = new AbortController()
    const run = begin({ concurrency: 1, signal: stop.signal, ...options })
    run.on('progress', ({ bytesReceived }) => {
      if (bytesReceived >= after) stop.abort()
    })
    await run.result.catch(() => {})
    return run
  }

  return {
    ...{ object, store, folder, ranges, begin, beginAndStop, stream },
    api: all.api,
    signatures: () => signed,
  }
}

/** What a Range header asks for. */
export function bytesOf(range: string): { first: number; end: number } {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? []
  return { first: Number(first), end: Number(last) + 1 }
}

/** Answers with what is asked for, but for a bit. */
export function damage(object: Buffer, request: IncomingMessage, response: ServerResponse): true {
  const { first, end } = bytesOf(request.headers.range ?? '')
  const bytes = Buffer.from(object.subarray(first, end))
  bytes[10] = (bytes[10] ?? 0) ^ 1
  response.writeHead(206, { 'content-range': `bytes ${first}-${end - 1}/${object.length}` }).end(bytes)
  return true
}

/** In place. */
export async function flipByte(path: string, position: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[position] = (bytes[position] ?? 0) ^ 1
  await writeFile(path, bytes)
}
