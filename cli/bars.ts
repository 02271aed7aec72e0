import cliTruncate from 'cli-truncate'
import { createLogUpdate } from 'log-update'
import stringWidth from 'string-width'
import type { View } from './board.ts'
import type { Terminal } from './command.ts'
import { formatBytes, formatDuration, formatRate, percent } from './format.ts'
import type { Output } from './output.ts'
import type { Standing } from './standing.ts'
import type { Tally } from './tally.ts'

const REDRAW_MS = 100
/** A line that nothing moves still has a rate that falls. */
const TICK_MS = 1000
const DEFAULT_COLUMNS = 80
/** Of the files under way: more would push away what the terminal has shown before. */
const MOST_BARS = 6
const SHORTEST_BAR = 10
const WIDEST_BAR = 40
const SHORTEST_NAME = 10
/** Of the room that the numbers leave. */
const NAME_SHARE = 0.5
const LONGEST_TROUBLE = 42

interface Drawing {
  /** Without color. */
  readonly plain: boolean
  readonly tally: Tally
  readonly output: Output
  readonly now: () => number
}

/** A bar for each file that is under way, redrawn in place, and one for all of several. */
export function barsView(stderr: Terminal['stderr'], { plain, tally, output, now }: Drawing): View {
  const screen = createLogUpdate(stderr as NodeJS.WritableStream, { showCursor: true })
  let drawnAt = Number.NEGATIVE_INFINITY

  function lines(): string[] {
    const columns = stderr.columns ?? DEFAULT_COLUMNS
    const active = [...tally.active]
    const bars = active.slice(0, MOST_BARS)
    const names = bars.map(({ name }) => stringWidth(name))
    const nameWidth = Math.max(0, ...names)
    const drawn = bars.map((transfer) =>
      progressLine(transfer.name, transfer.standing(), { columns, plain, nameWidth }),
    )
    if (tally.files <= 1) return drawn
    const more = active.length - bars.length
    const settled = tally.done + tally.doneBefore + tally.failed
    const title = `${settled}/${tally.files} files`
    return [
      ...drawn,
      ...(more > 0 ? [cliTruncate(`and ${more} more`, columns - 1)] : []),
      progressLine(title, tally.standing(), { columns, plain, nameWidth: Math.max(nameWidth, title.length) }),
    ]
  }

  function draw(): void {
    drawnAt = now()
    screen(lines().join('\n'))
  }

  const update = () => {
    if (now() - drawnAt >= REDRAW_MS) draw()
  }
  const ticking = setInterval(update, TICK_MS).unref()
  output.over({
    erase() {
      screen.clear()
      drawnAt = Number.NEGATIVE_INFINITY
    },
  })
  return {
    update,
    trouble: update,
    end() {
      clearInterval(ticking)
      output.over(undefined)
      screen.clear()
    },
  }
}

/**
 * Name, bar and numbers, in columns that do not move while the numbers change. Where there is little room, the bar goes first,
 * then the time left and the rate, then the name, then the bytes.
 * @param nameWidth columns that the longest name would take
 */
export function progressLine(
  name: string,
  standing: Standing,
  { columns, plain, nameWidth = stringWidth(name) }: { columns: number; plain: boolean; nameWidth?: number },
): string {
  const room = columns - 1
  const cells = cellsOf(standing)
  const spareBeside = () => room - cells.join('  ').length - 2
  while (cells.length > 2 && spareBeside() < SHORTEST_NAME) cells.pop()
  while (cells.length > 1 && spareBeside() < -2) cells.pop()
  const numbers = cells.join('  ')
  const spare = spareBeside()
  if (spare < SHORTEST_NAME) return numbers.slice(0, room)
  const width = Math.min(nameWidth, Math.max(SHORTEST_NAME, Math.floor(spare * NAME_SHARE)))
  const barWidth = Math.min(WIDEST_BAR, spare - width)
  if (barWidth < SHORTEST_BAR) return `${narrow(name, Math.min(spare, nameWidth))}  ${numbers}`
  return `${narrow(name, width)} ${bar(standing, barWidth, plain)} ${numbers}`
}

function cellsOf({ bytes, size, rate, eta, trouble }: Standing): string[] {
  const sent =
    size === undefined
      ? [formatBytes(bytes).padStart(8)]
      : [`${percent(bytes, size)} %`.padStart(5), `${formatBytes(bytes).padStart(8)} of ${formatBytes(size)}`]
  if (trouble !== undefined) return [...sent, trouble.slice(0, LONGEST_TROUBLE)]
  return [
    ...sent,
    (rate === undefined ? '' : formatRate(rate)).padStart(10),
    (eta ? `${formatDuration(Math.ceil(eta))} left` : '').padEnd(15),
  ]
}

function bar({ bytes, size }: Standing, width: number, plain: boolean): string {
  if (size === undefined) return ' '.repeat(width)
  const filled = size === 0 ? width : Math.floor((bytes / size) * width)
  const [done, rest] = ['━'.repeat(filled), (plain ? '╌' : '━').repeat(width - filled)]
  return plain ? done + rest : `\x1b[36m${done}\x1b[90m${rest}\x1b[39m`
}

/** Cut in the middle, where it is too wide: the extension tells files apart. */
function narrow(name: string, width: number): string {
  const cut = cliTruncate(name, width, { position: 'middle' })
  return cut + ' '.repeat(Math.max(0, width - stringWidth(cut)))
}
