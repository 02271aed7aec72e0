import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { expectDeclaredEvents } from './events.ts'
import { digestOf, digestsOf, LARGE, SMALL_FILES, writeFolder } from './folder.ts'
import { type Traveller, travel, travelUntil } from './process.ts'
import type { Passage, TollGate } from './toll-gate.ts'

/** `STORY_LARGE_MIB=5120` makes the large file 5 GiB. */
const LARGE_MIB = Number(process.env.STORY_LARGE_MIB ?? 512)
/** Small files that are under way at once, until they are known to be done. */
const FILES_AT_ONCE = 16
/** What a kill of a download may cost of the large file: what has come since its journal was last on the disk. */
const UNJOURNALED_BYTES = 140 * MIB

export interface Place {
  readonly environment: Readonly<Record<string, string>>
  /** Between the command and the store. */
  readonly gate: TollGate
  /** After `upload`. */
  readonly upload: readonly string[]
  /** After `download`, into the folder `back`. */
  readonly download: readonly string[]
  /** After `list`. */
  readonly list: readonly string[]
  /** Of a file that goes in one piece: the same for each try of it. */
  nameOf(passage: Passage): string
}

/**
 * A folder goes up and comes back, by commands that are killed as by `kill -9` in the midst of the large file, and again in the
 * midst of the small ones. Holds that each file is what it was, and that nothing travels twice but what was in flight at a kill.
 */
export async function tellFolderStory(name: string, place: Place): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-story-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const environment = { ...place.environment, PARTWAY_STATE: join(folder, '.state') }
  const desk: Traveller = { folder, environment }
  const films = join(folder, 'films')
  await mkdir(films)
  const sent = await writeFolder(films, LARGE_MIB)

  const began = performance.now()
  await goUp(desk, place)
  const turned = performance.now()
  await comeBack(desk, place)
  const ended = performance.now()

  const received = await digestsOf(join(folder, 'back/films'))
  expect([...received.keys()]).toEqual([...sent.keys()])
  expect(digestOf(received)).toBe(digestOf(sent))
  const left = await travel(desk, ['list', ...place.list])
  expect(left).toMatchObject({ code: 0, stdout: '' })
  const seconds = (from: number, to: number) => `${((to - from) / 1000).toFixed(1)} s`
  console.log(
    `${name}: ${sent.size} files, the large one ${LARGE_MIB} MiB, two kills each way: up in ${seconds(began, turned)}, back in ${seconds(turned, ended)}`,
  )
}

async function goUp(desk: Traveller, place: Place): Promise<void> {
  const { gate } = place
  const args = ['upload', 'films', ...place.upload, '--json']
  const parts = () => putsOf(gate).filter(({ partNumber }) => partNumber !== undefined)
  const files = () => putsOf(gate).filter(({ partNumber }) => partNumber === undefined)
  const answered = (passages: Passage[]) => passages.filter((passage) => passage.answered).length

  const someParts = () => answered(parts()) >= LARGE_MIB / 8 / 4
  const someFiles = () => answered(files()) >= SMALL_FILES / 2
  const flights = await killedTwice(desk, place, args, [someParts, someFiles])
  const last = await travel(desk, args)
  if (last.code !== 0) throw new Error(`Expected 0, got ${last.code}:\n${last.stderr}`)
  expectDeclaredEvents(last.stdout)

  expect(sentTwice(parts(), flights)).toEqual([])
  expectFewAgain(files(), place.nameOf, flights)
}

async function comeBack(desk: Traveller, place: Place): Promise<void> {
  const { gate } = place
  const begin = gate.passages.length
  const args = ['download', ...place.download, '--json']
  const gets = () => gate.passages.slice(begin).filter(isOfObject('GET'))
  const ofLarge = () => gets().filter(({ key }) => key.endsWith(LARGE))
  const files = () => gets().filter(({ key }) => !key.endsWith(LARGE))
  const whole = () => files().filter(({ answered }) => answered).length
  const bytes = () => ofLarge().reduce((sum, { given }) => sum + given, 0)

  const muchOfIt = () => bytes() >= 0.6 * LARGE_MIB * MIB
  const someFiles = () => whole() >= SMALL_FILES / 2
  const flights = await killedTwice(desk, place, args, [muchOfIt, someFiles])
  const last = await travel(desk, args)
  if (last.code !== 0) throw new Error(`Expected 0, got ${last.code}:\n${last.stderr}`)
  expectDeclaredEvents(last.stdout)

  expect(bytes()).toBeLessThanOrEqual(LARGE_MIB * MIB + flights.length * UNJOURNALED_BYTES)
  expectFewAgain(files(), ({ key }) => key, flights)
}

/** Which of the moments comes first differs: folders are read in no order. */
async function killedTwice(
  desk: Traveller,
  { gate }: Place,
  args: readonly string[],
  moments: readonly (() => boolean)[],
): Promise<Flight[]> {
  const flights: Flight[] = []
  for (const words of [args, ['resume', '--all', '--json']]) {
    const ahead = moments.filter((hasCome) => !hasCome())
    const begin = gate.passages.length
    // Where both have come, in the midst of what is left.
    const next = ahead.length > 0 ? ahead : [() => gate.passages.length >= begin + 2 * FILES_AT_ONCE]
    const { code, stdout } = await travelUntil(desk, words, Promise.race(next.map(gate.until)))
    expect(code).toBeUndefined()
    expectDeclaredEvents(stdout)
    await gate.settled()
    flights.push(flightOf(gate))
  }
  return flights
}

/** What there was when a process ended. */
interface Flight {
  readonly before: ReadonlySet<Passage>
  readonly unanswered: ReadonlySet<Passage>
}

function flightOf({ passages }: TollGate): Flight {
  return { before: new Set(passages), unanswered: new Set(passages.filter(({ answered }) => !answered)) }
}

/** Parts that the store had, and was sent again. */
function sentTwice(parts: readonly Passage[], flights: readonly Flight[]): string[] {
  const had = new Set<string>()
  const twice: string[] = []
  for (const passage of parts) {
    const name = `${passage.key} ${passage.partNumber}`
    if (had.has(name)) twice.push(name)
    const isStored = passage.status === 200 && !flights.some(({ unanswered }) => unanswered.has(passage))
    if (isStored) had.add(name)
  }
  return twice
}

/** Of files that go in one piece, a kill costs those that were under way, or not yet known to be done. */
function expectFewAgain(
  files: readonly Passage[],
  nameOf: (passage: Passage) => string,
  flights: readonly Flight[],
): void {
  for (const { before } of flights) {
    const earlier = new Set(files.filter((passage) => before.has(passage)).map(nameOf))
    const again = files.filter((passage) => !before.has(passage) && earlier.has(nameOf(passage)))
    expect(again.map(nameOf).slice(FILES_AT_ONCE)).toEqual([])
  }
  const runOf = (passage: Passage) => flights.filter(({ before }) => !before.has(passage)).length
  const done = new Set<string>()
  const twice: string[] = []
  for (const passage of files) {
    const name = `${nameOf(passage)} in run ${runOf(passage) + 1}`
    if (done.has(name)) twice.push(name)
    // One without an answer is to be tried again.
    if (passage.answered && (passage.status ?? 0) < 300) done.add(name)
  }
  expect(twice).toEqual([])
}

function putsOf({ passages }: TollGate): Passage[] {
  return passages.filter(isOfObject('PUT'))
}

function isOfObject(wanted: string): (passage: Passage) => boolean {
  return ({ method, key }) => method === wanted && key !== ''
}
