import { createReadStream } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { downloadLines, replayDownload } from '../../client/download-journal.ts'
import { plan } from '../../protocol/part-plan.ts'
import { openDesk, type Piece } from './command.ts'
import { numbersFrom, sha256Of, writePseudoRandom } from './kill-story.ts'

const MIB = 1024 * 1024

export interface DownloadKillStory {
  apiUrl: string
  /** Of the object, in MiB. */
  mebibytes: number
  flags: string[]
  kills: number
  /** A run is killed after so many MiB at most, and at least. */
  most: number
  least: number
  /** In MiB: what a kill may cost. */
  inFlight: number
  /** So that there is time for checkpoints: milliseconds for each piece of 64 KiB. */
  slowMs: number
  seed: number
}

/**
 * One object, received by runs that are killed as by `kill -9`, until one is not. Holds that every run goes on where the last one's
 * journal ends, that a kill costs no more than what was in flight, and that what is there at the end are the object's bytes.
 */
export async function tellDownloadKillStory(story: DownloadKillStory): Promise<void> {
  const { apiUrl, mebibytes, flags, kills, most, least, inFlight, slowMs, seed } = story
  const desk = await openDesk()
  const sha256 = await writePseudoRandom(join(desk.folder, 'film.mov'), mebibytes, seed)
  const up = await desk.run(['upload', 'film.mov', '--api', apiUrl])
  const args = ['download', up.stdout.trim(), '--api', apiUrl, '--output', 'back.mov', ...flags]
  const random = numbersFrom(seed)
  const size = mebibytes * MIB

  let held: Piece[] = []
  let costs = 0
  for (let kill = 1; kill <= kills; kill++) {
    const wanted = (least + random() * (most - least)) * MIB
    const after = Math.floor(Math.min(wanted, 0.9 * (size - sum(held))))
    const environment = { KILL_AFTER_BYTES: String(after), SLOW_MS: String(slowMs) }
    const { code, pieces } = await desk.run(args, environment)
    expect(code).toBeUndefined()
    expect(await readdir(desk.folder)).not.toContain('back.mov')
    expect(overlaps(pieces, held)).toEqual([])
    const now = await heldIn(desk.folder, size)
    const cost = sum(pieces) - (sum(now) - sum(held))
    expect(cost).toBeLessThanOrEqual(inFlight * MIB)
    costs += cost
    held = now
  }

  const last = await desk.run(args)
  expect(last).toMatchObject({ code: 0, stderr: expect.stringContaining('verified by checksum') })
  if (sum(held) > 0) expect(last.stderr).toContain('going on')
  expect(overlaps(last.pieces, held)).toEqual([])
  expect(sum(last.pieces)).toBe(size - sum(held))
  expect(costs).toBeLessThanOrEqual(kills * inFlight * MIB)
  expect(await sha256Of(createReadStream(join(desk.folder, 'back.mov')))).toBe(sha256)
  const left = (await readdir(desk.folder)).filter((name) => !name.startsWith('.'))
  expect(left.sort()).toEqual(['back.mov', 'film.mov'])
}

/** What the journal promises to be there. */
async function heldIn(folder: string, size: number): Promise<Piece[]> {
  const bytes = await readFile(join(folder, 'back.mov.part.journal'))
  const { entries, damage } = downloadLines.decode(bytes)
  expect(damage).toBeUndefined()
  const [first] = entries
  if (first?.type !== 'download') return []
  const missing = [...replayDownload(first, entries).spans.missing(plan(size, size))]
  const edges = [0, ...missing.flatMap(({ start, end }) => [start, end]), size]
  return edges
    .flatMap((start, at) => (at % 2 === 0 ? [{ start, end: edges[at + 1] ?? size }] : []))
    .filter(({ start, end }) => end > start)
}

function overlaps(pieces: readonly Piece[], held: readonly Piece[]): Piece[] {
  return pieces.filter(({ start, end }) => held.some((span) => span.start < end && start < span.end))
}

function sum(pieces: readonly Piece[]): number {
  return pieces.reduce((bytes, { start, end }) => bytes + end - start, 0)
}
