import { type FileHandle, open } from 'node:fs/promises'

type Writer = 'write' | 'writev'

/** Who meets a full disk now, and how often that was asked for. */
const full: Record<Writer, number> = { write: 0, writev: 0 }
let prepared: Promise<void> | undefined

/**
 * In this process, files of one kind of writer meet a full disk for so long: `writev` is the store's, `write` that of downloads.
 * @returns ends it at once
 */
export async function fillDisk(writer: Writer, milliseconds: number): Promise<() => void> {
  prepared ??= prepare()
  await prepared
  full[writer]++
  let open = true
  const end = () => {
    clearTimeout(timer)
    if (open) full[writer]--
    open = false
  }
  const timer = setTimeout(end, milliseconds)
  return end
}

async function prepare(): Promise<void> {
  const handle = await open('/dev/null', 'w')
  const prototype = Object.getPrototypeOf(handle) as Record<Writer, (...args: unknown[]) => Promise<unknown>>
  await handle.close()
  for (const writer of ['write', 'writev'] as const) {
    const original = prototype[writer]
    prototype[writer] = function (this: FileHandle, ...args) {
      if (full[writer] === 0) return original.apply(this, args)
      return Promise.reject(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }))
    }
  }
}
