import { describeExchange } from './exchange.ts'
import type { SourceChange, Story } from './plan.ts'
import type { Attempt } from './proxy.ts'
import { TIMING } from './timing.ts'
import { sha256, type Told } from './told.ts'

/** What the error has to say of each change of the source. */
const SAID: Partial<Record<SourceChange, RegExp>> = {
  edit: /changed was/,
  'edit unseen': /other bytes/,
  truncate: /size was|shorter/,
  append: /size was/,
  delete: /no file there/,
  replace: /inode was/,
  'move away': /no file there/,
}
const CHANGES_FOR_GOOD: readonly SourceChange[] = ['edit', 'truncate', 'append', 'delete', 'replace']
/** How another run of the same may end. */
const RIVALS = ['done', 'BusyError', 'FileExistsError']
/** Whatever may cost a run its patience. */
const TROUBLES = ['outage', 'full disk', 'kill server', 'rival']
/** Of a client that is killed, a request may arrive so much later. */
const LATE_HEAD_MS = 500
/** A timer of the machine may fire so much early. */
const TIMER_SLACK_MS = 2

/** How it ended, and what is left. @returns the promises that are broken */
export function checkEnd(told: Told): string[] {
  const { story, outcomes, rivals, source, objects, others, timers, connections } = told
  const broken: string[] = []
  const promise = (kept: boolean, what: string) => kept || broken.push(what)

  const change = changeOf(story)
  const possible = [source.bytes, ...others, ...(change === 'edit unseen' ? [source.read()] : [])].map(sha256)
  for (const [key, found] of objects) {
    promise(
      possible.includes(found),
      `Expected nothing in the store but the whole file, got another at ${key}.`,
    )
  }
  const done = [...outcomes, ...rivals].find((outcome) => 'result' in outcome)
  const last = outcomes.at(-1)
  if (done && 'result' in done) {
    const { key, size, verified } = done.result
    promise(
      !isChangedSource(told),
      'Expected no upload of a source that has changed to be completed, got one.',
    )
    promise(objects.has(key), `Expected an object at ${key}, found none.`)
    promise(
      size === story.size || others.length > 0,
      `Expected a result of ${story.size} bytes, got ${size}.`,
    )
    promise(verified !== 'size', `Expected it to be verified by its bytes, got ${verified}.`)
    promise(
      told.unfinished.length <= orphans(told),
      `Expected at most ${orphans(told)} unfinished uploads in the store, got ${told.unfinished.length}.`,
    )
    promise(told.remembered.length === 0, `Expected nothing to be left, got ${told.remembered}.`)
    if (story.direction === 'download') {
      const arrived = told.arrived && sha256(told.arrived)
      promise(possible.includes(arrived ?? ''), 'Expected the whole object on the disk, got something else.')
    }
  } else if (last && 'error' in last) {
    const { name, message } = last.error
    const said = change && SAID[change]
    promise(
      name === 'SourceChangedError' && said !== undefined,
      `Expected it to be done, got ${name}: ${message}`,
    )
    if (said) promise(said.test(message), `Expected the error to name the change (${change}).`)
    promise(told.arrived === undefined, 'Expected no file under the final name, got one.')
  }

  for (const outcome of outcomes.slice(0, -1)) {
    if (!('error' in outcome)) continue
    const { name, message } = outcome.error
    promise(mayStop(story, name), `Expected no run to fail for that, got ${name}: ${message}`)
  }
  for (const outcome of rivals) {
    const name = 'error' in outcome ? outcome.error.name : 'done'
    promise(
      RIVALS.includes(name) || mayStop(story, name),
      `Expected whoever does the same to be told so, got ${name}.`,
    )
  }
  promise(timers === 0, `Expected no timer to be running, got ${timers}.`)
  promise(connections === 0, `Expected no connection to be open, got ${connections}.`)
  return broken
}

/** Whether it was another file for good before its last part was there. */
function isChangedSource({ story, director }: Told): boolean {
  return story.incidents.some(
    ({ at, incident }) =>
      incident.what === 'source' &&
      CHANGES_FOR_GOOD.includes(incident.change) &&
      at.startsWith('put') &&
      director.hasHappened(incident),
  )
}

function changeOf({ incidents }: Story): SourceChange | undefined {
  return incidents.flatMap(({ incident }) => (incident.what === 'source' ? [incident.change] : []))[0]
}

/** Why a run may have ended before the last. */
export function mayStop({ incidents, faults, direction }: Story, error: string): boolean {
  if (error === 'IntegrityError') {
    return direction === 'download' && [...faults.values()].some(({ kind }) => kind === 'garble')
  }
  if (error === 'AbortedError') return incidents.some(({ incident }) => incident.what === 'stop')
  if (error === 'SourceChangedError') {
    return incidents.some(({ incident }) => incident.what === 'source' && incident.change === 'move away')
  }
  return incidents.some(({ incident }) => TROUBLES.includes(incident.what))
}

/** Uploads whose initiation was not answered, or that were forgotten, stay until the lifecycle rule's day. */
function orphans({ story, director, outcomes }: Told): number {
  const unanswered = director.attempts.filter(
    ({ operation, answered, fault }) =>
      operation === 'initiate' && (answered === undefined || answered >= 400 || fault?.kind === 'garble'),
  )
  return unanswered.length + (story.between === 'lost journal' ? outcomes.length - 1 : 0)
}

/**
 * A part that the store has taken, and said so, is never sent again. So what is sent beyond the file's own bytes is exactly what
 * was sent in requests that a fault hit, or that were under way when something outside of the link stopped them.
 * @returns the parts that were sent again for no reason
 */
export function checkBytes(told: Told): string[] {
  const { director } = told
  if (told.story.direction === 'download') return checkRanges(told)
  const good = new Map<string, Attempt[]>()
  for (const attempt of director.attempts) {
    if (attempt.operation !== 'put' || isExcused(told, attempt)) continue
    const what = `${attempt.uploadId ?? attempt.key} ${attempt.partNumber}`
    good.set(what, [...(good.get(what) ?? []), attempt])
  }
  return [...good.values()].flatMap((attempts) => [
    ...attempts
      .filter(({ answered }) => answered === undefined)
      .map((attempt) => `Expected ${describeExchange(attempt)} to be left alone, it was cut for no reason.`),
    ...(attempts.length >
    1 + timesEdited(told, attempts) + rivalsOf(told, attempts) + overtaken(told, attempts)
      ? [
          `Expected each part to be sent once, got ${attempts.map(describeExchange).join(' and ')} for no reason.`,
        ]
      : []),
  ])
}

/** A part that was edited in a way that only reading it again shows is sent again as it is by now. */
function timesEdited({ story, source }: Told, [attempt]: readonly Attempt[]): number {
  if (changeOf(story) !== 'edit unseen' || source.editedAt === undefined) return 0
  return attempt?.partNumber === Math.floor(source.editedAt / story.partSize) + 1 ? 1 : 0
}

/** What a bit flipped in may arrive after the try that followed it, where it was cut; only complete shows which of the two counts. */
function overtaken({ director }: Told, [attempt]: readonly Attempt[]): number {
  return director.attempts.filter(
    ({ operation, uploadId, partNumber, fault, broken }) =>
      operation === 'put' &&
      uploadId === attempt?.uploadId &&
      partNumber === attempt?.partNumber &&
      fault?.kind === 'corrupt' &&
      broken === 'client',
  ).length
}

/** Whoever sends a file in one PUT straight to S3 sends it to the same key as others who do the same. */
function rivalsOf({ story, rivals }: Told, [attempt]: readonly Attempt[]): number {
  return story.straight && attempt?.partNumber === undefined ? rivals.length : 0
}

function isExcused({ story, director, cuts, outcomes }: Told, attempt: Attempt): boolean {
  const { fault, broken, answered, name = '', began, ended } = attempt
  if (fault && fault.kind !== 'delay') return true
  if (broken === 'server' || (answered !== undefined && answered >= 400)) return true
  // A browser's connections break when it goes offline, and those that do not move at once when it is back are cut.
  if (broken === 'client' && story.incidents.some(({ incident }) => incident.what === 'offline')) return true
  const cut = cuts.get(name)
  if (cut) {
    // Together with all others, when one of them failed for good.
    if (outcomes.some((outcome) => 'error' in outcome && outcome.error.name === cut.error)) return true
    // By the watchdog, on a machine that is busy with other things; or else by a pause, a stop, or somebody else's abort.
    if (cut.error === 'NetworkError') return cut.after >= TIMING.stallMs - TIMER_SLACK_MS
    return director.interruptions.length > 0
  }
  const wasKilled = broken === 'client' ? LATE_HEAD_MS : 0
  return director.interruptions.some((at) => began - wasKilled <= at && at <= ended)
}

/** Of a download that nobody killed, and whose bytes are right, no byte that has arrived is fetched again. */
function checkRanges({ story, director }: Told): string[] {
  const reasons = ['kill client', 'another object', 'full disk', 'rival']
  if (story.incidents.some(({ incident }) => reasons.includes(incident.what))) return []
  if (director.attempts.some(({ operation, fault }) => operation === 'get' && fault?.kind === 'garble'))
    return []
  const whole = director.attempts
    .filter(({ operation, answered, fault }) => operation === 'get' && answered === 206 && !fault)
    .filter(({ began, ended }) => ended - began < TIMING.stallMs)
    .flatMap((attempt) => (attempt.range ? [{ attempt, range: attempt.range }] : []))
    .sort((a, b) => a.range[0] - b.range[0])
  const twice = whole.flatMap(({ attempt, range }, index) => {
    const before = whole[index - 1]
    return before && range[0] < before.range[1] ? [[before.attempt, attempt]] : []
  })
  // What has left the proxy may not have been read yet when the download was stopped.
  if (twice.length <= story.lanes * director.interruptions.length) return []
  return twice.map(
    (pair) => `Expected each byte to be fetched once, got ${pair.map(describeExchange).join(' and ')}.`,
  )
}
