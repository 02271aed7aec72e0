import { createApi } from '../client/api.ts'
import { Hasher } from '../client/browser/hasher.ts'
import { createClient } from '../client/browser/index.ts'
import { xhrTransport } from '../client/browser/transport.ts'
import { planParts } from '../protocol/part-plan.ts'
import { unpackSignedParts } from '../protocol/signed-parts.ts'

/** Runs in the page: sends the file that was chosen there. */

export type Way = 'bare' | 'worker' | 'page' | 'client'

declare global {
  interface Window {
    /** @returns milliseconds */
    send(way: Way): Promise<number>
  }
}

const LANES = 5
const { signal } = new AbortController()

window.send = async (way) => {
  const file = document.querySelector('input')?.files?.[0]
  if (!file) throw new Error('Expected a file to be chosen.')
  const begun = performance.now()
  if (way === 'client') {
    const { result } = createClient({ url: location.origin }).upload(file, { concurrency: LANES })
    const { verified } = await result
    if (verified !== 'checksum') throw new Error(`Expected the checksum to be verified, got ${verified}.`)
  } else {
    await sendParts(file, way)
  }
  return performance.now() - begun
}

async function sendParts(file: File, way: Exclude<Way, 'client'>): Promise<void> {
  const api = createApi({ url: location.origin })
  const request = { fileName: file.name, size: file.size, checksumAlgorithm: 'CRC64NVME' } as const
  const answer = await api.initiate(request, signal)
  if (answer.kind !== 'multipart') throw new Error('Expected parts.')
  const transport = xhrTransport(way === 'worker' ? new Hasher() : new Hasher(async () => undefined))
  const parts = unpackSignedParts(answer.signed, planParts(file.size, answer.partSize))[Symbol.iterator]()
  const lane = async () => {
    for (const { partNumber, size, url, headers } of { [Symbol.iterator]: () => parts }) {
      const start = (partNumber - 1) * answer.partSize
      const body = file.slice(start, start + size)
      if (way === 'bare') await sendAlone(url, headers, body)
      else await transport.put({ url, headers, body, crc: 'CRC64NVME', signal, onProgress() {} })
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

function sendAlone(url: string, headers: Readonly<Record<string, string>>, body: Blob): Promise<void> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    xhr.open('PUT', url)
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value)
    xhr.onload = () => resolve()
    xhr.onerror = () => reject(new Error('The PUT failed.'))
    xhr.send(body)
  })
}
