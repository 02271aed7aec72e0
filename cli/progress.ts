import type { Terminal } from './command.ts'
import { formatBytes, formatDuration, formatRate, percent } from './format.ts'

const REDRAW_MS = 100
const PLAIN_EVERY_MS = 10_000
/** To ask how a transfer stands costs a copy of the state of all its parts. */
const LOOK_EVERY_MS = 100
const PLAIN_EVERY_PERCENT = 10
/** Six lanes that fail together are one trouble. */
const TROUBLE_EVERY_MS = 5000
/** A line that nothing moves still has a rate that falls. */
const TICK_MS = 1000
const DEFAULT_COLUMNS = 80
const SHORTEST_BAR = 10
const WIDEST_BAR = 40
const SHORTEST_NAME = 8
/** Of the room that the numbers leave. */
const NAME_SHARE = 0.4
const LONGEST_TROUBLE = 42

type Drawing = Omit<Progress, 'wait'>

export interface Standing {
  readonly bytes: number
  readonly size: number
  readonly rate: number | undefined
  readonly eta: number | undefined
  /** Why nothing moves. */
  readonly trouble?: string | undefined
}

/** How one transfer tells how far it is: a line that is redrawn on a terminal, a few plain lines elsewhere. */
export interface Progress {
  /** As often as bytes move; drawn at its own pace. */
  update(): void
  /** A try failed, such as for `no answer from the store`. Told until bytes move again, in place of the rate and the time left. */
  trouble(reason: string): void
  /** Nothing moves until something comes back, such as `waiting for the network`. Told as a trouble is. */
  wait(reason: string): void
  /** A line of its own. */
  note(text: string): void
  end(): void
}

/**
 * @param name of the file
 * @param standing asked whenever something is drawn
 */
export function createProgress(
  { stderr, environment }: Pick<Terminal, 'stderr' | 'environment'>,
  name: string,
  standing: () => Standing,
  now: () => number = performance.now.bind(performance),
): Progress {
  let trouble: { reason: string; bytes: number } | undefined
  const current = (): Standing => {
    const { bytes, size, rate, eta } = standing()
    if (trouble && bytes > trouble.bytes) trouble = undefined
    return trouble
      ? { bytes, size, rate: undefined, eta: undefined, trouble: trouble.reason }
      : { bytes, size, rate, eta }
  }
  const progress = stderr.isTTY
    ? redrawnLine(stderr, Boolean(environment.NO_COLOR), name, current, now)
    : plainLines(stderr, name, current, now)
  const tell = (reason: string, line: string) => {
    trouble = { reason, bytes: standing().bytes }
    progress.trouble(line)
  }
  return {
    ...progress,
    trouble: (reason) => tell(reason, `${reason}, trying again`),
    wait: (reason) => tell(reason, reason),
  }
}

function redrawnLine(
  stderr: Terminal['stderr'],
  plain: boolean,
  name: string,
  standing: () => Standing,
  now: () => number,
): Drawing {
  let drawnAt = Number.NEGATIVE_INFINITY
  const clear = () => stderr.write('\r\x1b[K')
  const draw = () => {
    drawnAt = now()
    stderr.write(`\r${progressLine(name, standing(), stderr.columns ?? DEFAULT_COLUMNS, plain)}\x1b[K`)
  }
  const update = () => {
    if (now() - drawnAt >= REDRAW_MS) draw()
  }
  const ticking = setInterval(update, TICK_MS).unref()
  return {
    update,
    trouble: update,
    note(text) {
      clear()
      stderr.write(`${text}\n`)
    },
    end() {
      clearInterval(ticking)
      clear()
    },
  }
}

function plainLines(
  stderr: Terminal['stderr'],
  name: string,
  standing: () => Standing,
  now: () => number,
): Drawing {
  let toldAt = now()
  let toldStep: number | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let troubleToldAt = Number.NEGATIVE_INFINITY
  const stepOf = ({ bytes, size }: Standing) => Math.floor(percent(bytes, size) / PLAIN_EVERY_PERCENT)
  return {
    update() {
      if (now() - lookedAt < LOOK_EVERY_MS) return
      lookedAt = now()
      const current = standing()
      const step = stepOf(current)
      toldStep ??= step
      if (step <= toldStep && now() - toldAt < PLAIN_EVERY_MS) return
      toldAt = now()
      toldStep = step
      stderr.write(`${name}: ${describe(current).join(', ')}\n`)
    },
    trouble(line) {
      if (now() - troubleToldAt < TROUBLE_EVERY_MS) return
      troubleToldAt = now()
      stderr.write(`${name}: ${line}\n`)
    },
    note: (text) => stderr.write(`${text}\n`),
    end() {},
  }
}

/**
 * Name, bar and numbers, in columns that do not move while the numbers change. Where there is little room, the bar goes first,
 * then the name, then the numbers from the right.
 */
export function progressLine(name: string, standing: Standing, columns: number, plain: boolean): string {
  const room = columns - 1
  const cells = cellsOf(standing)
  while (cells.length > 1 && cells.join('  ').length > room) cells.pop()
  const numbers = cells.join('  ')
  const spare = room - numbers.length - 2
  if (spare < SHORTEST_NAME) return numbers.slice(0, room)
  const nameWidth = Math.min(name.length, Math.max(SHORTEST_NAME, Math.floor(spare * NAME_SHARE)))
  const barWidth = Math.min(WIDEST_BAR, spare - nameWidth)
  if (barWidth < SHORTEST_BAR) return `${shorten(name, spare)}  ${numbers}`
  return `${shorten(name, nameWidth)} ${bar(standing, barWidth, plain)} ${numbers}`
}

function cellsOf({ bytes, size, rate, eta, trouble }: Standing): string[] {
  const sent = [
    `${percent(bytes, size)} %`.padStart(5),
    `${formatBytes(bytes).padStart(8)} of ${formatBytes(size)}`,
  ]
  if (trouble !== undefined) return [...sent, trouble.slice(0, LONGEST_TROUBLE)]
  return [
    ...sent,
    (rate === undefined ? '' : formatRate(rate)).padStart(10),
    (eta ? `${formatDuration(Math.ceil(eta))} left` : '').padEnd(15),
  ]
}

function bar({ bytes, size }: Standing, width: number, plain: boolean): string {
  const filled = size === 0 ? width : Math.floor((bytes / size) * width)
  const [done, rest] = ['━'.repeat(filled), (plain ? '╌' : '━').repeat(width - filled)]
  return plain ? done + rest : `\x1b[36m${done}\x1b[90m${rest}\x1b[39m`
}

function describe({ bytes, size, rate, eta }: Standing): string[] {
  return [
    `${percent(bytes, size)} %`,
    `${formatBytes(bytes)} of ${formatBytes(size)}`,
    ...(rate === undefined ? [] : [formatRate(rate)]),
    ...(eta ? [`${formatDuration(Math.ceil(eta))} left`] : []),
  ]
}

/** Cut in the middle: the extension tells files apart. */
function shorten(name: string, width: number): string {
  if (name.length <= width) return name
  const head = Math.ceil((width - 1) / 2)
  return `${name.slice(0, head)}…${name.slice(name.length - (width - 1 - head))}`
}
