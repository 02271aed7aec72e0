import { TIMING } from './client.ts'
import { describeExchange } from './exchange.ts'
import type { SourceChange, Story } from './plan.ts'
import type { Attempt } from './proxy.ts'
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
/** A timer of the machine may fire so much early. */
const TIMER_SLACK_MS = 2

/** How it ended, and what is left. @returns the promises that are broken */
export function checkEnd(told: Told): string[] {
  const { story, outcomes, source, objects } = told
  const broken: string[] = []
  const promise = (kept: boolean, what: string) => kept || broken.push(what)

  const last = outcomes.at(-1)
  const change = story.incidents.flatMap(({ incident }) =>
    incident.what === 'source' ? [incident.change] : [],
  )[0]
  const possible = [sha256(source.bytes), ...(change === 'edit unseen' ? [sha256(source.read())] : [])]
  for (const [key, found] of objects) {
    promise(
      possible.includes(found),
      `Expected nothing in the store but the file as it was, got another at ${key}.`,
    )
  }

  if (last && 'result' in last) {
    promise(objects.has(last.result.key), `Expected an object at ${last.result.key}, found none.`)
    promise(
      last.result.size === story.size,
      `Expected a result of ${story.size} bytes, got ${last.result.size}.`,
    )
    promise(
      last.result.verified !== 'size',
      `Expected it to be verified by its bytes, got ${last.result.verified}.`,
    )
    promise(
      told.unfinished.length <= orphans(told),
      `Expected at most ${orphans(told)} unfinished uploads in the store, got ${told.unfinished.length}.`,
    )
    promise(told.remembered.length === 0, `Expected nothing to be remembered, got ${told.remembered}.`)
  } else {
    const said = change && SAID[change]
    const error = last?.error
    promise(
      error?.name === 'SourceChangedError' && said !== undefined,
      `Expected it to be done, got ${error?.name}: ${error?.message}`,
    )
    if (said) promise(said.test(error?.message ?? ''), `Expected the error to name the change (${change}).`)
  }

  for (const outcome of outcomes.slice(0, -1)) {
    if ('result' in outcome) continue
    const { name, message } = outcome.error
    promise(mayStop(story, name), `Expected no run to fail for that, got ${name}: ${message}`)
  }
  for (const outcome of told.rivals) {
    const name = 'result' in outcome ? 'done' : outcome.error.name
    promise(
      ['done', 'BusyError'].includes(name),
      `Expected an upload of the same file to be told so, got ${name}.`,
    )
  }
  promise(told.timers === 0, `Expected no timer to be running, got ${told.timers}.`)
  promise(told.connections === 0, `Expected no connection to be open, got ${told.connections}.`)
  return broken
}

/** Why a run may have ended before the last. */
function mayStop({ incidents }: Story, error: string): boolean {
  if (error === 'AbortedError') return incidents.some(({ incident }) => incident.what === 'stop')
  if (error === 'SourceChangedError') {
    return incidents.some(({ incident }) => incident.what === 'source' && incident.change === 'move away')
  }
  return incidents.some(({ incident }) => incident.what === 'outage' || incident.what === 'full disk')
}

/** Uploads whose initiation was not answered, or that were forgotten, stay until the lifecycle rule's day. */
function orphans({ story, director, outcomes }: Told): number {
  const unanswered = director.attempts.filter(
    ({ operation, answered, fault }) =>
      operation === 'initiate' && (answered !== 201 || fault?.kind === 'garble'),
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
    ...(attempts.length > 1
      ? [
          `Expected each part to be sent once, got ${attempts.map(describeExchange).join(' and ')} for no reason.`,
        ]
      : []),
  ])
}

function isExcused({ director, cuts, outcomes }: Told, attempt: Attempt): boolean {
  const { fault, broken, answered, name = '', began, ended } = attempt
  if (fault && fault.kind !== 'delay') return true
  if (broken === 'server' || (answered !== undefined && answered >= 400)) return true
  const cut = cuts.get(name)
  // By the watchdog, on a machine that is busy with other things.
  if (cut?.error === 'NetworkError') return cut.after >= TIMING.stallMs - TIMER_SLACK_MS
  // By a pause or a stop, or together with all others when one of them failed for good.
  if (cut) return director.interruptions.length > 0 || outcomes.some((outcome) => 'error' in outcome)
  return director.interruptions.some((at) => began <= at && at <= ended)
}
