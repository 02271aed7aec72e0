import { toBase64 } from '../../checksums/base64.ts'
import type { Identity, Source } from '../ports.ts'
import { hashHere, readBytes } from './hash-here.ts'

/** Of its beginning and of its end, this much tells a file from another. */
const END_BYTES = 1024 * 1024

/**
 * A file that was picked or dropped. Its name, size and time of change are all that a browser tells; files that agree in them
 * are told apart by their ends.
 * @param name what it is sent as: a relative path where its folders count
 */
export function fileSource(file: File, name = file.name): Source<Blob> {
  const known = {
    name,
    size: String(file.size),
    lastModified: new Date(file.lastModified).toISOString(),
  }
  let identity: Identity | undefined
  return {
    name,
    size: file.size,
    contentType: file.type === '' ? undefined : file.type,
    id: JSON.stringify(known),
    async identify(signal) {
      identity ??= { ...known, ends: await endsOf(file, signal) }
      return identity
    },
    slice: (start, end) => file.slice(start, end),
    async crc(algorithm, start, end, signal) {
      return (await hashHere(file.slice(start, end), { crc: algorithm }, signal)).crc as Uint8Array
    },
    async md5(start, end, signal) {
      return (await hashHere(file.slice(start, end), { md5: true }, signal)).md5 as string
    },
    async verify() {
      await readBytes(file.slice(0, 1))
      return 'same'
    },
  }
}

/** Its beginning and its end. */
async function endsOf(file: File, signal: AbortSignal): Promise<string> {
  const { size } = file
  const ends = [file.slice(0, END_BYTES), file.slice(Math.max(0, size - END_BYTES))]
  const hashes = await Promise.all(ends.map((end) => hashHere(end, { crc: 'CRC64NVME' }, signal)))
  return hashes.map(({ crc }) => toBase64(crc as Uint8Array)).join(' ')
}
