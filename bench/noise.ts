import { createCipheriv } from 'node:crypto'
import { open } from 'node:fs/promises'

const BLOCK_BYTES = 4 * 1024 * 1024

/** A file of AES in counter mode over zeros: as good as random. */
export async function writeNoise(path: string, bytes: number): Promise<void> {
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16))
  const zeros = Buffer.alloc(BLOCK_BYTES)
  const file = await open(path, 'w')
  for (let written = 0; written < bytes; written += zeros.length) await file.write(noise.update(zeros))
  // What the system would still write later would be measured, too.
  await file.sync()
  await file.close()
}
