import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { lineOf } from './stage.ts'
import { useStage } from './use-stage.ts'

const MIB = 1024 * 1024

const stage = useStage()

test('a worker computes the checksums of the parts, under the policy of the page', async () => {
  const { page, errors } = await stage.open()
  await uploadVerified(page, 'by-worker.mp4')
  expect(page.workers()).toHaveLength(1)
  expect(errors).toEqual([])
})

test('where a policy forbids workers, the page computes them', async () => {
  const { page, errors } = await stage.open()
  await page.evaluate(() => {
    const policy = document.createElement('meta')
    policy.httpEquiv = 'Content-Security-Policy'
    policy.content = "worker-src 'none'"
    document.head.append(policy)
  })
  const refused = page.waitForEvent('console', (message) => message.text().includes("worker-src 'none'"))
  await uploadVerified(page, 'by-page.mp4')
  await refused
  expect(page.workers()).toHaveLength(0)
  expect(errors).toEqual([])
})

test('where there are no workers at all, the page computes them', async () => {
  const { page, errors } = await stage.open()
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'Worker'))
  await page.reload()
  await uploadVerified(page, 'without-workers.mp4')
  expect(errors).toEqual([])
})

async function uploadVerified(page: Page, name: string): Promise<void> {
  const film = await stage.file(name, 40 * MIB)
  await page.setInputFiles('#files', film.path)
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(await lineOf(page, name, '.proof')).toContain('Checksum verified')
  expect(await lineOf(page, name, '.checksum')).toMatch(/^CRC64NVME /)
  expect(await stage.sha256Stored(await lineOf(page, name, '.key'))).toBe(film.sha256)
}
