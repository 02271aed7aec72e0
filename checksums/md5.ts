import { md5Wasm } from './md5-wasm.ts'

/** An MD5 under way. Many can run at once, interleaved. */
export interface Md5 {
  /** Takes further bytes, which may be reused afterwards. */
  update(bytes: Uint8Array): Md5
  /** The 16 bytes of the MD5 of all bytes so far. More may follow. */
  digest(): Uint8Array
}

/** What md5.wat exports. */
interface Md5Instance {
  memory: WebAssembly.Memory
  /** Where in the memory the input begins. It reaches to the memory's end. */
  input: WebAssembly.Global<'i32'>
  update(length: number): void
}

const BLOCK_BYTES = 64
const STATE_BYTES = 16

/**
 * MD5 in WebAssembly, for browsers, which have none: an ETag is the MD5 of a part's bytes, and where a store keeps no checksum
 * that is the only proof. Node's own `createHash` is faster.
 */
export function createMd5(): Md5 {
  instance ??= instantiate()
  const { memory, input, update } = instance
  const state = new Uint8Array(memory.buffer, 0, STATE_BYTES)
  const block = new Uint8Array(memory.buffer, input.value)

  let saved = Uint8Array.of(1, 35, 69, 103, 137, 171, 205, 239, 254, 220, 186, 152, 118, 84, 50, 16)
  const rest = new Uint8Array(BLOCK_BYTES)
  let restLength = 0
  let length = 0

  /** @param bytes whole blocks */
  function take(bytes: Uint8Array): void {
    state.set(saved)
    for (let at = 0; at < bytes.length; at += block.length) {
      const piece = bytes.subarray(at, at + block.length)
      block.set(piece)
      update(piece.length)
    }
    saved = state.slice()
  }

  return {
    update(bytes) {
      length += bytes.length
      const filling = bytes.subarray(0, restLength > 0 ? BLOCK_BYTES - restLength : 0)
      rest.set(filling, restLength)
      restLength += filling.length
      if (restLength === BLOCK_BYTES) {
        take(rest)
        restLength = 0
      }
      const further = bytes.subarray(filling.length)
      const whole = further.length - (further.length % BLOCK_BYTES)
      take(further.subarray(0, whole))
      rest.set(further.subarray(whole), restLength)
      restLength += further.length - whole
      return this
    },
    digest() {
      const before = saved
      take(padded(rest.subarray(0, restLength), length))
      const digest = saved
      saved = before
      return digest
    },
  }
}

let instance: Md5Instance | undefined

/** Synchronous, which browsers allow on the main thread for a module this small (1 KB). */
function instantiate(): Md5Instance {
  const bytes = Uint8Array.from(atob(md5Wasm), (character) => character.charCodeAt(0))
  const module = new WebAssembly.Module(bytes)
  return new WebAssembly.Instance(module).exports as unknown as Md5Instance
}

/** A one bit, zeros up to a block less 8 bytes, and the length in bits: what every text ends with. */
function padded(rest: Uint8Array, length: number): Uint8Array {
  const last = new Uint8Array(rest.length + 9 > BLOCK_BYTES ? 2 * BLOCK_BYTES : BLOCK_BYTES)
  last.set(rest)
  last[rest.length] = 0x80
  new DataView(last.buffer).setBigUint64(last.length - 8, BigInt(length) * 8n, true)
  return last
}
