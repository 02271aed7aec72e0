import { describe, expect, test } from 'vitest'
import { createCrc } from '../../checksums/crc.ts'
import { Checkpoints } from '../../client/checkpoints.ts'
import { type DownloadEntry, nothingHeld } from '../../client/download-journal.ts'
import { VirtualClock } from '../client/virtual-clock.ts'

const MIB = 1024 * 1024
const block = new Uint8Array(MIB).fill(7)

/** A disk whose every word is kept, and whose syncs can be made to wait. */
function setting() {
  const log: string[] = []
  const journaled: DownloadEntry[] = []
  let held: Promise<void> | undefined
  const shelf = {
    async write(bytes: Uint8Array, position: number) {
      log.push(`write ${position / MIB}+${bytes.length / MIB}`)
    },
    async sync() {
      await held
      log.push('sync')
    },
    async journal(entries: readonly DownloadEntry[]) {
      log.push(`journal ${entries.length}`)
      journaled.push(...entries)
    },
  }
  const crc = { algorithm: 'CRC64NVME' as const, create: () => createCrc('CRC64NVME') }
  const there = nothingHeld('CRC64NVME')
  const clock = new VirtualClock()
  const checkpoints = new Checkpoints(there, crc, shelf, clock)
  return {
    ...{ log, journaled, shelf, there, checkpoints, clock },
    hold(until: Promise<void>) {
      held = until
    },
  }
}

describe('a checkpoint', () => {
  test('journals only what was written before a sync that is over', async () => {
    const { checkpoints, shelf, journaled } = setting()
    const ends: number[] = []
    let [written, synced] = [0, 0]
    const { sync, journal } = shelf
    Object.assign(shelf, {
      async write(bytes: Uint8Array, position: number) {
        written = position + bytes.length
      },
      async sync() {
        const before = written
        await sync()
        synced = before
      },
      async journal(entries: readonly DownloadEntry[]) {
        for (const entry of entries) if (entry.type === 'span') ends.push(entry.end - synced)
        await journal(entries)
      },
    })
    const lane = checkpoints.begin({ start: 0, end: 300 * MIB })
    for (let at = 0; at < 300; at++) await lane.write(block)
    lane.end()
    await checkpoints.settle()
    expect(Math.max(...ends)).toBe(0)
    expect(
      journaled.reduce((sum, entry) => sum + (entry.type === 'span' ? entry.end - entry.start : 0), 0),
    ).toBe(300 * MIB)
  })

  test('covers what all lanes wrote, whole ranges and the beginnings of some, with one sync', async () => {
    const { checkpoints, log, journaled, there } = setting()
    const lanes = [0, 10, 20].map((at) => checkpoints.begin({ start: at * MIB, end: (at + 10) * MIB }))
    for (const lane of lanes) await lane.write(block)
    await lanes[2]?.write(block)
    await checkpoints.settle()
    expect(log).toEqual(['write 0+1', 'write 10+1', 'write 20+1', 'write 21+1', 'sync', 'journal 3'])
    expect(journaled).toMatchObject([
      { start: 0, end: MIB },
      { start: 10 * MIB, end: 11 * MIB },
      { start: 20 * MIB, end: 22 * MIB },
    ])
    expect(there.spans.bytes).toBe(4 * MIB)
    await lanes[0]?.write(block)
    for (const lane of lanes) lane.end()
    await checkpoints.settle()
    expect(log.slice(6)).toEqual(['write 1+1', 'sync', 'journal 1'])
  })

  test('comes by itself, a second after a write', async () => {
    const { checkpoints, shelf, log } = setting()
    const journaled = new Promise((resolve) => {
      shelf.journal = async (entries) => resolve(entries)
    })
    await checkpoints.begin({ start: 0, end: 10 * MIB }).write(block)
    expect(await journaled).toMatchObject([{ type: 'span', start: 0, end: MIB }])
    expect(log).toEqual(['write 0+1', 'sync'])
  })

  test('holds the lanes back where the disk is slower than the link', async () => {
    const { checkpoints, hold } = setting()
    let release = () => {}
    hold(
      new Promise((resolve) => {
        release = resolve
      }),
    )
    const lane = checkpoints.begin({ start: 0, end: 1000 * MIB })
    let written = 0
    const writing = (async () => {
      for (; written < 200; written++) await lane.write(block)
    })()
    while (written < 128) await null
    for (let turn = 0; turn < 1000; turn++) await null
    expect(written).toBe(128)
    release()
    await writing
    expect(written).toBe(200)
  })

  test('that fails counts nothing, and every lane is told', async () => {
    const { checkpoints, shelf, journaled, there } = setting()
    shelf.sync = () => Promise.reject(new Error('The disk is gone.'))
    const lane = checkpoints.begin({ start: 0, end: 10 * MIB })
    await lane.write(block)
    await expect(checkpoints.settle()).rejects.toThrow('The disk is gone.')
    await expect(lane.write(block)).rejects.toThrow('The disk is gone.')
    await expect(checkpoints.settle()).rejects.toThrow('The disk is gone.')
    expect(journaled).toEqual([])
    expect(there.spans.bytes).toBe(0)
  })

  test('has the CRC of each piece, whenever it comes', async () => {
    const { checkpoints, there } = setting()
    const bytes = Uint8Array.from({ length: 50 }, (_, at) => at)
    const lane = checkpoints.begin({ start: 0, end: 50 })
    for (let at = 0; at < 50; at += 5) {
      const writing = lane.write(bytes.subarray(at, at + 5))
      if (at % 10 === 0) await checkpoints.settle()
      await writing
    }
    lane.end()
    await checkpoints.settle()
    expect(there.spans.crc(50)).toEqual(createCrc('CRC64NVME').update(bytes).digest())
  })

  test('keeps the MD5 of a part that one lane wrote whole, and of no other', async () => {
    const { checkpoints, there } = setting()
    const md5 = { update() {}, digest: () => Uint8Array.of(0xab, 0xcd) }
    const [whole, half] = [0, 10].map((start) => checkpoints.begin({ start, end: start + 10 }, md5))
    await whole?.write(block.subarray(0, 10))
    await half?.write(block.subarray(0, 5))
    whole?.end()
    half?.end()
    await checkpoints.settle()
    expect([...there.md5s]).toEqual([[0, 'abcd']])
  })
})

describe('a shelf that says itself when a checkpoint is worth it', () => {
  test('has one then, and not by the second', async () => {
    const { checkpoints, shelf, log, clock } = setting()
    Object.assign(shelf, { isDue: (unsaved: number, saved: number) => unsaved >= saved + 2 * MIB })
    const lane = checkpoints.begin({ start: 0, end: 20 * MIB })
    await lane.write(block)
    await new Promise<void>((resolve) => clock.after(10_000, resolve))
    expect(log).not.toContain('sync')
    for (let at = 1; at < 6; at++) await lane.write(block)
    // After 2 MiB, and after 4 more.
    expect(log.filter((line) => line === 'sync')).toHaveLength(2)
  })

  test('has one where there may be no time later, of what was written by then', async () => {
    const { checkpoints, shelf, there } = setting()
    const leaving: (() => void)[] = []
    Object.assign(shelf, {
      isDue: () => false,
      onLeaving(save: () => void) {
        leaving.push(save)
        return () => leaving.pop()
      },
    })
    const own = new Checkpoints(there, undefined, shelf, new VirtualClock())
    const lane = own.begin({ start: 0, end: 20 * MIB })
    await lane.write(block)
    leaving[0]?.()
    await expect.poll(() => there.spans.bytes).toBe(MIB)
    await own.settle()
    expect(leaving).toEqual([])
    await checkpoints.settle()
  })
})
