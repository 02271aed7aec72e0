import { MIB } from '../../protocol/limits.ts'
import { Dice } from './dice.ts'
import { describeFault, type Fault, type Moment } from './fault.ts'

/** What a story is mostly about. Faults of the link and of the servers are in all of them. */
export const THEMES = ['link', 'stopped', 'source', 'outage', 'store', 'download', 'killed', 'page'] as const
export type Theme = (typeof THEMES)[number]

/** What happens besides the faults of single requests, when a request is there for the first time. */
export type Incident =
  /** By the user, for so long. */
  | { readonly what: 'pause'; readonly ms: number }
  /** By the user: the signal. The next run goes on. */
  | { readonly what: 'stop' }
  /** Every connection breaks, and no other is let in for so long. */
  | { readonly what: 'outage'; readonly ms: number }
  /** The disk is full for so long: the store's, or that of whoever downloads. */
  | { readonly what: 'full disk'; readonly ms: number }
  /** Somebody else aborts the upload. */
  | { readonly what: 'abort' }
  /** The same file is uploaded once more at the same time. */
  | { readonly what: 'rival' }
  | { readonly what: 'source'; readonly change: SourceChange }
  /** Another object takes the place of the one that is downloaded. */
  | { readonly what: 'another object' }
  /** As by `kill -9`. The client's next run goes on; the server is back a moment later. */
  | { readonly what: 'kill client' }
  | { readonly what: 'kill server' }
  /** Of a page. */
  | { readonly what: 'reload' }
  /** Of a browser, for so long. */
  | { readonly what: 'offline'; readonly ms: number }

/** `touch`: a change of mode; `edit unseen`: the time of change is put back; `move away`: and back before the next run. */
export const SOURCE_CHANGES = [
  'edit',
  'edit unseen',
  'truncate',
  'append',
  'delete',
  'replace',
  'move away',
  'touch',
] as const
export type SourceChange = (typeof SOURCE_CHANGES)[number]

/** What happens to the journal between two runs. */
export type Between = 'nothing' | 'torn journal' | 'lost journal'

export interface Story {
  readonly theme: Theme
  readonly seed: number
  readonly direction: 'upload' | 'download'
  /** Without the API: by whoever has AWS credentials, which are renewed now and then. */
  readonly straight: boolean
  /** In bytes. */
  readonly size: number
  readonly partSize: number
  readonly lanes: number
  /** How far the servers' clocks are ahead. */
  readonly skewMs: number
  /** By request: `put 3 #2` for the second try of part 3. */
  readonly faults: ReadonlyMap<string, Fault>
  readonly incidents: readonly { readonly at: string; readonly incident: Incident }[]
  readonly between: Between
}

const OPERATIONS = ['initiate', 'presign', 'list-parts', 'complete', 'download', 'abort'] as const
/** An upload in parts takes no part, a try and a request more often than this. */
const MOST_PARTS = 12
const MOST_TRIES = 3
/** One story of so many goes straight to S3; a browser's never does. */
const STRAIGHT_EVERY = 5

export function planStory(theme: Theme, seed: number): Story {
  const dice = new Dice(seed * THEMES.length + THEMES.indexOf(theme))
  const partSize = dice.pick([1, 1, 1, 2, 4]) * MIB
  const partCount = dice.chance(0.12) ? 1 : dice.integer(2, MOST_PARTS / (partSize / MIB > 1 ? 2 : 1))
  const size = Math.max(0, partCount * partSize - (dice.chance(0.2) ? 0 : dice.integer(1, partSize)))
  const direction = theme === 'download' || (theme === 'killed' && dice.chance(0.4)) ? 'download' : 'upload'
  const shape = { partCount, single: size <= partSize }
  const faults = direction === 'upload' ? planUploadFaults(dice, shape) : planDownloadFaults(dice, shape)
  const straight = theme !== 'page' && seed % STRAIGHT_EVERY === 0
  const lanes = dice.integer(1, 6)
  const skewMs = dice.chance(0.3) ? dice.integer(-48, 48) * 3_600_000 : 0
  return {
    theme,
    seed,
    direction,
    straight,
    size,
    partSize,
    lanes,
    // A store in a process of its own has the machine's clock.
    skewMs: straight && theme === 'killed' ? 0 : skewMs,
    faults: straight ? withDeadCredentials(faults) : faults,
    incidents:
      direction === 'upload'
        ? planUploadIncidents(dice, theme, shape)
        : planDownloadIncidents(dice, theme, shape),
    between: dice.pick(['nothing', 'nothing', 'torn journal', 'lost journal']),
  }
}

/** For a person. */
export function describeStory(story: Story): string {
  const { theme, seed, direction, straight, size, partSize, lanes, skewMs, faults, incidents, between } =
    story
  const parts = Math.max(1, Math.ceil(size / partSize))
  return [
    `${theme}:${seed}: ${direction}${straight ? ' straight to S3' : ''} of ${size} bytes in ${parts} parts of ${partSize}, ${lanes} lanes`,
    ...(skewMs ? [`the servers' clocks are ${skewMs / 3_600_000} h ahead`] : []),
    ...[...faults].map(([exchange, fault]) => `${exchange}: ${describeFault(fault)}`),
    ...incidents.map(({ at, incident }) => `at ${at}: ${describeIncident(incident)}`),
    ...(between === 'nothing' ? [] : [`between two runs: ${between}`]),
  ].join('\n  ')
}

function describeIncident(incident: Incident): string {
  if (incident.what === 'source') return `the source: ${incident.change}`
  return 'ms' in incident ? `${incident.what} for ${incident.ms} ms` : incident.what
}

interface Shape {
  readonly partCount: number
  /** Whether it travels in one PUT. */
  readonly single: boolean
}

function planUploadFaults(dice: Dice, { partCount, single }: Shape): Map<string, Fault> {
  const faults = new Map<string, Fault>()
  const ofParts = dice.pick([0.05, 0.15, 0.4])
  for (let partNumber = 1; partNumber <= partCount; partNumber++) {
    let corrupted = false
    for (let attempt = 1; attempt <= MOST_TRIES && dice.chance(ofParts); attempt++) {
      const fault = faultOfPut(dice, corrupted)
      corrupted ||= fault.kind === 'corrupt'
      faults.set(single ? `put #${attempt}` : `put ${partNumber} #${attempt}`, fault)
    }
  }
  return new Map([...faults, ...planCallFaults(dice)])
}

function planDownloadFaults(dice: Dice, { partCount }: Shape): Map<string, Fault> {
  const ofGets = dice.pick([0.05, 0.15, 0.4])
  const gets = Array.from({ length: partCount * 2 }, (_, index) => `get #${index + 1}`)
  return new Map([
    ...gets.filter(() => dice.chance(ofGets)).map((get) => [get, faultOfGet(dice)] as const),
    ...planCallFaults(dice),
  ])
}

function planCallFaults(dice: Dice): Map<string, Fault> {
  const faults = new Map<string, Fault>()
  const ofCalls = dice.pick([0.05, 0.3])
  for (const operation of OPERATIONS) {
    for (let attempt = 1; attempt <= MOST_TRIES && dice.chance(ofCalls); attempt++) {
      const fault = faultOfCall(dice)
      // Before an API has answered, what is no answer of one is a wrong URL.
      if (fault.kind !== 'garble') faults.set(`${operation} #${attempt}`, fault)
      else if (operation === 'presign' || operation === 'complete')
        faults.set(`${operation} #${attempt}`, fault)
    }
  }
  return faults
}

/** Whoever is asked too often has credentials, and these have expired. */
function withDeadCredentials(faults: ReadonlyMap<string, Fault>): Map<string, Fault> {
  const dead = { kind: 'answer', status: 400, code: 'ExpiredToken', when: 'instead' } as const
  const isAsked = (exchange: string) => OPERATIONS.some((operation) => exchange.startsWith(operation))
  return new Map(
    [...faults].map(([exchange, fault]) => {
      const dies = isAsked(exchange) && fault.kind === 'answer' && fault.status === 429
      return [exchange, dies ? dead : fault]
    }),
  )
}

function faultOfPut(dice: Dice, corrupted: boolean): Fault {
  const somewhere = (): Moment => dice.pick(['head', dice.next(), dice.next(), 'sent', 'done'])
  const when = dice.pick(['early', 'instead'] as const)
  const answer = (status: number, code: string): Fault => ({ kind: 'answer', status, code, when })
  switch (dice.integer(1, corrupted ? 12 : 13)) {
    case 1:
    case 2:
    case 3:
      return { kind: 'drop', at: somewhere() }
    case 4:
      return { kind: 'stall', at: somewhere() }
    case 5:
      return { kind: 'delay', ms: dice.integer(1, 80) }
    case 6:
      return { kind: 'truncate', of: dice.next() }
    case 7:
      return answer(500, 'InternalError')
    case 8:
      return answer(503, 'SlowDown')
    case 9:
      return answer(429, 'TooManyRequests')
    case 10:
      return answer(403, 'AccessDenied')
    case 11:
      return answer(400, dice.pick(['ExpiredToken', 'RequestTimeout']))
    case 12:
      return { kind: 'answer', status: dice.pick([500, 503]), code: 'InternalError', when: 'late' }
    default:
      return { kind: 'corrupt', at: dice.next() }
  }
}

function faultOfGet(dice: Dice): Fault {
  const answer = (status: number, code: string): Fault => ({ kind: 'answer', status, code, when: 'instead' })
  switch (dice.integer(1, 10)) {
    case 1:
      return { kind: 'drop', at: dice.pick(['head', 'done'] as const) }
    case 2:
    case 3:
      return { kind: 'truncate', of: dice.next() }
    case 4:
      return { kind: 'freeze', of: dice.next() }
    case 5:
      return { kind: 'stall', at: dice.pick(['head', 'done'] as const) }
    case 6:
      return { kind: 'delay', ms: dice.integer(1, 80) }
    case 7:
      return answer(503, 'SlowDown')
    case 8:
      return answer(500, 'InternalError')
    case 9:
      return dice.chance(0.5) ? answer(403, 'AccessDenied') : answer(400, 'ExpiredToken')
    default:
      return { kind: 'garble' }
  }
}

function faultOfCall(dice: Dice): Fault {
  const somewhere = dice.pick(['head', 'sent', 'done', 'done'] as const)
  switch (dice.integer(1, 8)) {
    case 1:
    case 2:
      return { kind: 'drop', at: somewhere }
    case 3:
      return { kind: 'stall', at: somewhere }
    case 4:
      return { kind: 'delay', ms: dice.integer(1, 80) }
    case 5:
      return { kind: dice.pick(['truncate', 'freeze'] as const), of: dice.next() }
    case 6:
      return {
        kind: 'answer',
        status: 503,
        code: 'Service Unavailable',
        when: dice.pick(['instead', 'late']),
      }
    case 7:
      return { kind: 'answer', status: dice.pick([429, 500]), code: 'No', when: 'instead' }
    default:
      return { kind: 'garble' }
  }
}

function planUploadIncidents(dice: Dice, theme: Theme, { partCount, single }: Shape): Story['incidents'] {
  const somewhere = () => {
    if (dice.chance(0.15)) return 'complete #1'
    return single ? 'put #1' : `put ${dice.integer(1, partCount)} #1`
  }
  const several = (most: number, incident: () => Incident) => planSeveral(dice, most, somewhere, incident)
  switch (theme) {
    case 'stopped':
      return several(4, () =>
        dice.chance(0.5) ? { what: 'stop' } : { what: 'pause', ms: dice.integer(0, 60) },
      )
    case 'source':
      return [{ at: somewhere(), incident: { what: 'source', change: dice.pick(SOURCE_CHANGES) } }]
    case 'outage':
      return several(1, () => ({ what: 'outage', ms: dice.pick([100, 600, 4000]) }))
    case 'store':
      return several(2, () =>
        dice.pick<Incident>([
          { what: 'abort' },
          { what: 'rival' },
          { what: 'full disk', ms: dice.pick([50, 400]) },
        ]),
      )
    case 'page':
      return several(2, () =>
        dice.pick<Incident>([
          { what: 'reload' },
          { what: 'offline', ms: dice.integer(10, 600) },
          { what: 'rival' },
          { what: 'kill client' },
          { what: 'pause', ms: dice.integer(0, 60) },
        ]),
      )
    case 'killed':
      return several(3, () => ({ what: dice.pick(['kill client', 'kill client', 'kill server', 'rival']) }))
    default:
      return []
  }
}

function planDownloadIncidents(dice: Dice, theme: Theme, { partCount }: Shape): Story['incidents'] {
  const somewhere = () => (dice.chance(0.15) ? 'download #1' : `get #${dice.integer(1, partCount)}`)
  if (theme === 'killed') {
    return planSeveral(dice, 3, somewhere, () => ({
      what: dice.pick(['kill client', 'kill client', 'kill server', 'rival']),
    }))
  }
  return planSeveral(dice, 2, somewhere, () =>
    dice.pick<Incident>([
      { what: 'stop' },
      { what: 'stop' },
      { what: 'outage', ms: dice.pick([100, 4000]) },
      { what: 'full disk', ms: 200 },
      { what: 'another object' },
      { what: 'rival' },
    ]),
  )
}

function planSeveral(
  dice: Dice,
  most: number,
  somewhere: () => string,
  incident: () => Incident,
): Story['incidents'] {
  return Array.from({ length: dice.integer(1, most) }, () => ({ at: somewhere(), incident: incident() }))
}
