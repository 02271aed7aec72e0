export interface Contestant {
  name: string
  /** How many units one run does: contestants that are too slow for as many as the others do fewer. */
  amount: number
  run(): unknown
}

export interface Comparison {
  title: string
  /** What `amount` counts. */
  unit: string
  /** How a result reads, from the median seconds that one unit takes. */
  columns: Record<string, (secondsPerUnit: number) => string>
  contestants: readonly [Contestant, ...Contestant[]]
}

const ROUNDS = 9

/**
 * Runs the contestants in turns, one warm-up and nine rounds, so that whatever else the machine does meets all of them.
 * @returns a Markdown table of medians; `ratio` is to the first contestant, the median of the rounds' own ratios
 */
export async function compare({ title, unit, columns, contestants }: Comparison): Promise<string> {
  for (const { run } of contestants) await run()
  const rounds: number[][] = []
  for (let round = 0; round < ROUNDS; round++) {
    const seconds: number[] = []
    for (const { amount, run } of contestants) seconds.push((await secondsOf(run)) / amount)
    rounds.push(seconds)
  }
  const rows = contestants.map(({ name, amount }, at) => {
    const ofRound = (seconds: number[]) => seconds[at] ?? Number.NaN
    const perUnit = median(rounds.map(ofRound))
    const ratio = median(rounds.map((seconds) => ofRound(seconds) / (seconds[0] ?? Number.NaN)))
    const figures = Object.values(columns).map((format) => format(perUnit))
    return [name, `${amount.toLocaleString('en')} ${unit}`, ...figures, ratio.toFixed(2)]
  })
  return markdownTable([[title, 'one run', ...Object.keys(columns), 'ratio'], ...rows])
}

async function secondsOf(run: () => unknown): Promise<number> {
  const start = performance.now()
  await run()
  return (performance.now() - start) / 1000
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

export function markdownTable([head = [], ...rows]: string[][]): string {
  const rule = head.map((_, at) => (at === 0 ? '---' : '---:'))
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
