import type { Terminal } from './command.ts'
import { formatBytes, formatPace, printable } from './format.ts'
import type { Output } from './output.ts'
import { plainView } from './plain.ts'
import { Shown, type Standing } from './standing.ts'
import { Tally } from './tally.ts'

/** In a run of more files than this, each one's fate is a detail. */
const FEW_FILES = 8

/** How a run's transfers are shown while they go on, and what became of them all. */
export interface Board {
  /** The run has learnt of more to do. */
  expect(files: number, bytes: number): void
  /** One of its transfers begins. */
  begin(name: string, standing: () => Standing): Line
  /** A file needed no transfer: it was done before. */
  skip(bytes: number): void
  /** Says in a line what became of all, where there were several. */
  end(): void
}

export interface Line {
  /** As often as bytes move; drawn at its own pace. */
  update(): void
  /** A try failed, such as for `no answer from the store`. Told until bytes move again, in place of the rate and the time left. */
  trouble(reason: string): void
  /** Nothing moves until something comes back, such as `waiting for the network`. Told as a trouble is. */
  wait(reason: string): void
  /** What is worth a line of its own where files are few. */
  note(text: string): void
  end(outcome: 'done' | 'failed'): void
}

/** One way to draw: bars that are redrawn, or a line now and then. */
export interface View {
  update(transfer: Shown): void
  /** @param line says what is in the way */
  trouble(transfer: Shown, line: string): void
  end(): void
}

export function createBoard(
  { stderr, environment }: Pick<Terminal, 'stderr' | 'environment'>,
  output: Output,
  now: () => number = performance.now.bind(performance),
): Board {
  const tally = new Tally(now)
  let ended = false
  let view: View = { update() {}, trouble() {}, end() {} }
  if (output.progress && stderr.isTTY) {
    const drawing = { plain: Boolean(environment.NO_COLOR), tally, output, now }
    // What knows the width of every script is not loaded where nobody looks.
    void import('./bars.ts').then(({ barsView }) => {
      if (!ended) view = barsView(stderr, drawing)
    })
  } else if (output.progress) {
    view = plainView({ tally, output, now })
  }

  return {
    expect: (files, bytes) => tally.expect(files, bytes),
    skip: (bytes) => tally.skip(bytes),
    begin(named, standing) {
      const name = printable(named)
      const transfer = new Shown(name, standing)
      tally.active.add(transfer)
      const tell = (reason: string, line: string) => {
        transfer.trouble(reason)
        view.trouble(transfer, line)
      }
      view.update(transfer)
      return {
        update: () => view.update(transfer),
        trouble: (reason) => tell(reason, `${reason}, trying again`),
        wait: (reason) => tell(reason, reason),
        note(text) {
          const line = `${name}: ${text}`
          if (tally.files > FEW_FILES) output.detail(line)
          else output.note(line)
        },
        end(outcome) {
          tally.settle(transfer, outcome)
          view.update(transfer)
        },
      }
    },
    end() {
      ended = true
      view.end()
      if (tally.files > 1) output.note(summaryOf(tally))
      const { files, done, doneBefore, failed, bytesDone, elapsed } = tally
      output.event('summary', {
        files,
        done,
        doneBefore,
        failed,
        bytes: bytesDone,
        elapsedMs: Math.round(elapsed),
      })
    },
  }
}

function summaryOf({ done, doneBefore, failed, bytesDone, elapsed }: Tally): string {
  const counts = [
    `${filesText(done)} done`,
    ...(doneBefore > 0 ? [`${doneBefore} done before`] : []),
    ...(failed > 0 ? [`${failed} not done`] : []),
  ]
  return `${counts.join(', ')}: ${formatBytes(bytesDone)} ${formatPace(bytesDone, elapsed)}`
}

function filesText(count: number): string {
  return count === 1 ? '1 file' : `${count} files`
}
