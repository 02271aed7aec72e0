import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type AnswerHead, parseAnswerHead } from './answer-head.ts'
import { Body, type BodyOptions } from './body.ts'

/** S3's heads are about 1 KB. */
const LONGEST_HEAD = 32 * 1024
const END_OF_HEAD = '\r\n\r\n'

export interface Answer {
  readonly head: AnswerHead
  readonly body: Body
}

/** Whose answer is awaited. */
interface Asker extends Omit<BodyOptions, 'resume'> {
  resolve(answer: Answer): void
  reject(error: Error): void
}

/**
 * A connection for one GET after the other. A body is read straight into the blocks that it is written from: node:http would make a
 * buffer of 64 KiB for each read, and a copy of it.
 */
export class Wire {
  readonly #socket: Socket
  readonly #scratch = Buffer.allocUnsafeSlow(LONGEST_HEAD)
  #filled = 0
  #asker: Asker | undefined
  #body: Body | undefined
  #error: Error | undefined

  /** @param onClose whoever closes it */
  constructor({ protocol, hostname, port }: URL, onClose: () => void) {
    const host = hostname.replace(/^\[|\]$/g, '')
    const onread = {
      buffer: () => this.#space(),
      callback: (bytes: number) => this.#took(bytes),
    }
    this.#socket =
      protocol === 'http:'
        ? connect({ host, port: Number(port || 80), onread })
        : connectTls({
            ...{ host, port: Number(port || 443), ALPNProtocols: ['http/1.1'], onread },
            ...(isIP(host) === 0 && { servername: host }),
          })
    this.#socket.setNoDelay()
    this.#socket.on('error', (error) => this.#close(error))
    this.#socket.on('close', () => this.#close(hungUp()))
    // What node:net does at the end of the other side waits for what was read, of which it knows nothing.
    this.#socket.on('end', () => this.#close(hungUp()))
    this.#socket.once('close', onClose)
  }

  /** Nothing can be asked any more. */
  get closed(): boolean {
    return this.#error !== undefined
  }

  /** Whether something of an answer has arrived since it was asked for. */
  get answering(): boolean {
    return this.#body !== undefined || this.#filled > 0
  }

  /**
   * Sends a GET, once the body of the one before is complete.
   * @param request with the empty line at its end
   */
  ask(request: string, options: Omit<BodyOptions, 'resume'>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#error) return reject(this.#error)
      this.#asker = { ...options, resolve, reject }
      this.#body = undefined
      this.#socket.ref()
      this.#socket.write(request, 'latin1')
    })
  }

  /** It keeps no process from its end until something is asked. */
  rest(): void {
    // TLS may have ended the body after it was held back.
    this.#socket.resume()
    this.#socket.unref()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Asked for after each read: what idles reads to where the next head will be. */
  #space(): Buffer {
    if (this.#body && !this.#body.complete) return this.#body.space()
    return this.#scratch.subarray(this.#filled)
  }

  /** @returns whether more may come at once; what TLS has decrypted already comes all the same */
  #took(bytes: number): boolean {
    try {
      if (this.#body && !this.#body.complete) return this.#body.took(bytes)
      this.#filled += bytes
      return this.#readHead()
    } catch (error) {
      this.#fail(error as Error)
      return false
    }
  }

  /** @throws {SyntaxError} */
  #readHead(): boolean {
    if (!this.#asker) throw new SyntaxError('Expected no answer before a request, got one.')
    const { resolve, reject: _, ...options } = this.#asker
    const end = this.#scratch.subarray(0, this.#filled).indexOf(END_OF_HEAD)
    if (end < 0 && this.#filled < LONGEST_HEAD) return true
    if (end < 0) throw new SyntaxError(`Expected a head of at most ${LONGEST_HEAD} bytes, got more.`)
    const head = parseAnswerHead(this.#scratch.toString('latin1', 0, end))
    const rest = this.#scratch.subarray(end + END_OF_HEAD.length, this.#filled)
    if (head.status < 200) {
      this.#filled = rest.copy(this.#scratch)
      return this.#filled === 0 || this.#readHead()
    }
    this.#body = new Body(head.framing, { ...options, resume: () => this.#socket.resume() })
    this.#asker = undefined
    this.#filled = 0
    resolve({ head, body: this.#body })
    this.#body.copy(rest)
    return true
  }

  #fail(error: Error): void {
    this.#close(error)
    this.#socket.destroy()
  }

  #close(error: Error): void {
    if (this.#error) return
    this.#error = error
    this.#asker?.reject(error)
    this.#body?.broke(error)
    this.#socket.destroy()
  }
}

/** As node:http has it. */
function hungUp(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
}
