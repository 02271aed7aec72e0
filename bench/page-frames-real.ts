import type {
  BrowserClient,
  FileOptions,
  PartState,
  Upload,
  UploadEvents,
  UploadResult,
} from '../client/browser/index.ts'
import { createUploadQueue as createQueue } from '../element/queue/index.ts'
import { FILES, MOVING_PARTS, nameOf, PARTS_OF_A_FILE } from './page-frames-load.ts'

/** In place of element/queue/index.ts: that itself, with a client that has no network. */

const FILE_BYTES = 16 * 1024
/** So often, a file is done, and another begins; the first one goes on. */
const FRAMES_A_FILE = 30

export function createUploadQueue(options: Parameters<typeof createQueue>[0]) {
  const moving = new Set<FakeUpload>()
  const api = { listUploads: async () => ({ uploads: [] }), describe: async () => ({ maxObjectSize: 1e12 }) }
  const upload = (_: File, { fileName = '' }: FileOptions = {}) => {
    const upload = new FakeUpload(fileName)
    moving.add(upload)
    return upload
  }
  const queue = createQueue({ ...options, client: { api, upload } as unknown as BrowserClient })
  const body = new Uint8Array(FILE_BYTES)
  const files = Array.from({ length: FILES }, (_, index) => new File([body], nameOf(index)))
  queue.ready.then(() => queue.add(files.map((file) => ({ file }))))
  window.moveParts = (frame) => {
    const uploads = [...moving]
    for (let part = 0; part < MOVING_PARTS; part++) uploads[part % uploads.length]?.move(part)
    const [, second] = uploads
    if (frame % FRAMES_A_FILE > 0 || !second) return
    moving.delete(second)
    second.finish()
  }
  return queue
}

class FakeUpload implements Upload {
  readonly result: Promise<UploadResult>
  finish = () => {}
  readonly #key: string
  readonly #parts = new Array<PartState>(PARTS_OF_A_FILE).fill('pending')
  readonly #listeners = new Map<string, (event: never) => void>()
  #bytesSent = 0
  #partNumber = 1

  constructor(key: string) {
    this.#key = key
    this.result = new Promise((resolve) => {
      this.finish = () => resolve(resultOf(key, this.#bytesSent))
    })
    setTimeout(() => {
      this.#emit('state', { state: 'uploading', previous: 'planned' })
      this.#emit('initiated', { key, partSize: 1, partCount: PARTS_OF_A_FILE })
    })
  }

  on<Type extends keyof UploadEvents>(type: Type, listener: (event: UploadEvents[Type]) => void) {
    this.#listeners.set(type, listener)
    return () => {}
  }

  move(part: number): void {
    this.#bytesSent += 7
    if (this.#bytesSent % 10 === 0) this.#next()
    this.#emit('progress', { bytesSent: this.#bytesSent + part, size: FILE_BYTES })
  }

  snapshot() {
    return {
      ...({
        state: 'uploading',
        waitingFor: undefined,
        queued: false,
        fileName: '',
        key: this.#key,
      } as const),
      ...{ size: FILE_BYTES, sizeKnown: true, bytesSent: this.#bytesSent, bytesAcknowledged: 0 },
      ...{ bytesResumed: 0, rate: 1e6 + this.#bytesSent * 100, eta: 60, parts: this.#parts },
      ...{ partsDone: this.#partNumber - 1, retries: 0, error: undefined },
    }
  }

  pause(): void {}
  resume(): void {}
  async abort(): Promise<void> {}

  #next(): void {
    this.#set('done')
    this.#partNumber = (this.#partNumber % PARTS_OF_A_FILE) + 1
    this.#set('sending')
  }

  #set(state: PartState): void {
    this.#parts[this.#partNumber - 1] = state
    this.#emit('part', { partNumber: this.#partNumber, state })
  }

  #emit<Type extends keyof UploadEvents>(type: Type, event: UploadEvents[Type]): void {
    this.#listeners.get(type)?.(event as never)
  }
}

function resultOf(key: string, size: number): UploadResult {
  return {
    ...{
      key,
      size,
      etag: undefined,
      versionId: undefined,
      location: undefined,
      downgraded: undefined,
    },
    ...{ checksum: { algorithm: 'CRC64NVME', value: 'rosUhgoASJk=' }, verified: 'checksum' },
    ...{ bytesTransferred: size, bytesResumed: 0, elapsed: 1000 },
  }
}
