import { createCipheriv, createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { button, lineOf, openStage, rowOf, type Stage } from '../web/stage.ts'

const MIB = 1024 * 1024
const SIZE = 2048 * MIB

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
}, 60_000)
afterAll(() => stage?.close())

test('a file of 2 GiB goes through the page into S3, and the same bytes come back', async () => {
  const path = join(stage.folder, 'film.mov')
  const sha256 = await writeNoise(path, SIZE)
  const { page, errors } = await stage.open()
  const begun = performance.now()

  await page.setInputFiles('#files', path)
  await button(page, 'Download film.mov').waitFor({ timeout: 300_000 })
  const seconds = (performance.now() - begun) / 1000
  console.log(`2 GiB in ${seconds.toFixed(1)} s, ${(SIZE / MIB / seconds).toFixed(0)} MiB/s`)

  expect(await rowOf(page, 'film.mov').locator('.problem').textContent()).toBe('')
  expect(await lineOf(page, 'film.mov', '.status')).toContain('2.15 GB in 256 parts')
  expect(await stage.sha256Stored(await lineOf(page, 'film.mov', '.key'))).toBe(sha256)
  expect(errors).toEqual([])
})

/** AES in counter mode over zeros: as good as random, at a gigabyte a second. @returns its SHA-256 */
async function writeNoise(path: string, bytes: number): Promise<string> {
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16))
  const hash = createHash('sha256')
  const zeros = Buffer.alloc(4 * MIB)
  const file = await open(path, 'w')
  try {
    for (let written = 0; written < bytes; written += zeros.length) {
      const block = noise.update(zeros)
      hash.update(block)
      await file.write(block)
    }
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}
