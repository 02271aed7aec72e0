import type { View } from './board.ts'
import { formatBytes, formatDuration, formatRate, percent } from './format.ts'
import type { Output } from './output.ts'
import type { Standing } from './standing.ts'
import type { Tally } from './tally.ts'

const TOLD_EVERY_MS = 10_000
/** To ask how a transfer stands costs a copy of the state of all its parts. */
const LOOK_EVERY_MS = 100
const TOLD_EVERY_PERCENT = 10
/** Six lanes that fail together are one trouble. */
const TROUBLE_EVERY_MS = 5000

/** Where there is no terminal: a line every ten percent, or every ten seconds, of the one file or of all. */
export function plainView({
  tally,
  output,
  now,
}: {
  readonly tally: Tally
  readonly output: Output
  readonly now: () => number
}): View {
  let toldAt = now()
  let toldStep: number | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let troubleToldAt = Number.NEGATIVE_INFINITY
  const stepOf = ({ bytes, size }: Standing) =>
    size === undefined ? 0 : Math.floor(percent(bytes, size) / TOLD_EVERY_PERCENT)

  return {
    update(transfer) {
      if (now() - lookedAt < LOOK_EVERY_MS) return
      lookedAt = now()
      const several = tally.files > 1
      const current = several ? tally.standing() : transfer.standing()
      // Nothing is known yet.
      if (current.size === 0) return
      const step = stepOf(current)
      toldStep ??= step
      if (step <= toldStep && now() - toldAt < TOLD_EVERY_MS) return
      toldAt = now()
      toldStep = step
      const settled = tally.done + tally.doneBefore + tally.failed
      const subject = several ? `${settled} of ${tally.files} files` : transfer.name
      output.note(`${subject}: ${describe(current).join(', ')}`)
    },
    trouble(transfer, line) {
      if (now() - troubleToldAt < TROUBLE_EVERY_MS) return
      troubleToldAt = now()
      output.note(`${transfer.name}: ${line}`)
    },
    end() {},
  }
}

function describe({ bytes, size, rate, eta }: Standing): string[] {
  return [
    ...(size === undefined
      ? [formatBytes(bytes)]
      : [`${percent(bytes, size)} %`, `${formatBytes(bytes)} of ${formatBytes(size)}`]),
    ...(rate === undefined ? [] : [formatRate(rate)]),
    ...(eta ? [`${formatDuration(Math.ceil(eta))} left`] : []),
  ]
}
