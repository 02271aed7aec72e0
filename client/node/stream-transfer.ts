import { toBase64 } from '../../checksums/base64.ts'
import { type PartRange, partRange } from '../../protocol/part-plan.ts'
import type { MultipartUpload, SignedPart } from '../../protocol/schemas.ts'
import { unpackSignedParts } from '../../protocol/signed-parts.ts'
import { follow } from '../abort.ts'
import { Completion } from '../completion.ts'
import { IntegrityError, NotPartwayError } from '../errors.ts'
import type { Job, Stored, Transfer } from '../job.ts'
import { Proofs } from '../proofs.ts'
import { sendPart } from '../send-part.ts'
import type { FileSlice } from './source.ts'
import type { StreamSource } from './stream-source.ts'

/** A stream in parts: each is read, sent with its checksum signed in, and released once the store has it. */
export class StreamTransfer implements Transfer {
  readonly #job: Job<FileSlice>
  readonly #source: StreamSource
  readonly #upload: MultipartUpload
  readonly #proofs: Proofs
  readonly #workers: number
  /** Read, but not in the store: a pause came in between. */
  readonly #unsent: number[]
  /** One at a time. */
  #reading: Promise<unknown> = Promise.resolve()
  #completion: Completion | undefined

  /**
   * @param first part numbers that are read already
   * @param workers how many parts are read or sent at once
   */
  constructor(
    job: Job<FileSlice>,
    source: StreamSource,
    upload: MultipartUpload,
    first: readonly number[],
    workers: number,
  ) {
    this.#job = job
    this.#source = source
    this.#upload = upload
    this.#unsent = [...first]
    this.#workers = workers
    this.#proofs = new Proofs(source.plan, upload.checksumAlgorithm, job)
    job.tracker.begin(source.plan)
  }

  get key(): string {
    return this.#upload.key
  }

  get partSize(): number {
    return this.#source.plan.partSize
  }

  abort(signal: AbortSignal): Promise<void> {
    return this.#job.controlPlane.abort(this.#upload, signal)
  }

  async find(signal: AbortSignal): Promise<Stored | undefined> {
    return this.#completion?.find(signal)
  }

  async send(signal: AbortSignal): Promise<Stored> {
    this.#job.enter('send', signal)
    this.#job.tracker.startRate()
    await this.#sendAll(signal)
    this.#requireSound()
    this.#job.enter('complete', signal)
    const { controlPlane, source, timeOfDay } = this.#job
    this.#completion ??= new Completion(
      this.#job,
      {
        ...this.#upload,
        ...{ endpoint: controlPlane.endpoint, sourceId: source.id, identity: {}, size: source.size },
        initiated: new Date(timeOfDay()).toISOString(),
      },
      this.#proofs,
      undefined,
    )
    return this.#completion.complete(signal)
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    await this.#proofs.ready()
    const crew = follow(signal)
    let failure: { error: unknown } | undefined
    const worker = async () => {
      try {
        for (;;) {
          const partNumber = await this.#next(crew.signal)
          if (partNumber === undefined) return
          await this.#send(partNumber, crew.signal)
        }
      } catch (error) {
        failure ??= { error }
        crew.abort(error)
      }
    }
    await Promise.all(Array.from({ length: this.#workers }, worker))
    crew.release()
    if (failure) throw failure.error
  }

  #next(signal: AbortSignal): Promise<number | undefined> {
    const next = this.#reading.then(() => this.#unsent.shift() ?? this.#source.next(signal))
    this.#reading = next.catch(() => {})
    return next
  }

  async #send(partNumber: number, signal: AbortSignal): Promise<void> {
    const { tracker, lanes } = this.#job
    tracker.extend()
    const range = partRange(this.#source.plan, partNumber)
    try {
      const lane = await lanes.acquire(signal)
      try {
        const ports = { job: this.#job, proofs: this.#proofs, verify: async () => {} }
        const signing = await this.#signing(range, signal)
        const { etag, md5 } = await sendPart(range, { ...ports, ...signing }, lane, signal)
        this.#proofs.set(partNumber, { etag, md5, crc: signing.crc })
      } finally {
        lane.release()
      }
    } catch (error) {
      tracker.lost(partNumber)
      this.#unsent.push(partNumber)
      throw error
    }
    tracker.acknowledge(partNumber)
    this.#source.release(partNumber)
  }

  /** The checksum goes into the URL: complete would find other bytes when there are none left to send again. */
  async #signing({ partNumber, start, end }: PartRange, signal: AbortSignal) {
    const { algorithm } = this.#proofs
    const crc = algorithm && (await this.#source.crc(algorithm, start, end, signal))
    const checksums = crc && { algorithm, values: { [partNumber]: toBase64(crc) } }
    let signed: SignedPart | undefined
    return {
      crc,
      sign: async (signal: AbortSignal): Promise<SignedPart> => {
        signed ??= await this.#sign(partNumber, checksums, signal)
        return signed
      },
      refused: () => {
        signed = undefined
      },
    }
  }

  async #sign(
    partNumber: number,
    checksums: Parameters<Job<FileSlice>['controlPlane']['presign']>[3],
    signal: AbortSignal,
  ): Promise<SignedPart> {
    const answer = await this.#job.controlPlane.presign(this.#upload, [partNumber], signal, checksums)
    const [signed] = unpackSignedParts(answer, this.#source.plan)
    if (signed) return signed
    throw new NotPartwayError(`Expected a URL for part ${partNumber}, which was asked for, got none.`)
  }

  /** What was let pass for ETags that are no MD5s, before one was, cannot be sent again. @throws {IntegrityError} */
  #requireSound(): void {
    const [strange] = this.#proofs.etags?.strange() ?? []
    if (strange === undefined) return
    throw new IntegrityError(
      `Expected the store to have part ${strange} as it was read here, got other bytes.`,
    )
  }
}
