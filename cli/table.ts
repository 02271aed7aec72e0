import cliTruncate from 'cli-truncate'
import stringWidth from 'string-width'
import type { Terminal } from './command.ts'
import { printable } from './format.ts'

export interface Column<Row> {
  readonly title: string
  /** For a person. */
  cell(row: Row): string
  /** For a program, whole and in one unit. @default as for a person */
  field?(row: Row): string
  readonly right?: boolean
  /** Whether it gives way, cut in its middle, where the terminal is too narrow. */
  readonly elastic?: boolean
  /** Whether a person is not shown it. */
  readonly programsOnly?: boolean
}

/** After so many rows the widths are settled, so that a long list begins before it has ended. */
const ROWS_AHEAD = 100
const GAP = '  '
const LEAST_ELASTIC = 8
const DEFAULT_COLUMNS = 80

/** Rows as they come: on a terminal in columns that fit it, else a line each with tabs between all fields and no heading. */
export class Table<Row> {
  readonly #columns: readonly Column<Row>[]
  readonly #print: (line: string) => void
  readonly #room: number | undefined
  #ahead: Row[] | undefined = []
  #widths: number[] = []

  constructor(columns: readonly Column<Row>[], stdout: Terminal['stdout'], print: (line: string) => void) {
    const { isTTY, columns: room = DEFAULT_COLUMNS } = stdout as Terminal['stdout'] & { columns?: number }
    this.#room = isTTY ? room : undefined
    this.#columns = isTTY ? columns.filter(({ programsOnly }) => !programsOnly) : columns
    this.#print = print
  }

  add(row: Row): void {
    if (this.#room === undefined) {
      this.#print(this.#columns.map((column) => oneLine((column.field ?? column.cell)(row))).join('\t'))
    } else if (this.#ahead) {
      this.#ahead.push(row)
      if (this.#ahead.length === ROWS_AHEAD) this.end()
    } else {
      this.#line(row)
    }
  }

  /** Prints what waited for the widths. */
  end(): void {
    const rows = this.#ahead ?? []
    this.#ahead = undefined
    if (rows.length === 0 || this.#room === undefined) return
    this.#widths = this.#fit(rows, this.#room)
    this.#cells(this.#columns.map(({ title }) => title))
    for (const row of rows) this.#line(row)
  }

  #fit(rows: readonly Row[], room: number): number[] {
    const widths = this.#columns.map(({ title, cell }) =>
      Math.max(stringWidth(title), ...rows.map((row) => stringWidth(printable(cell(row))))),
    )
    const taken = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1))
    const over = Math.max(0, taken - room)
    return widths.map((width, index) =>
      this.#columns[index]?.elastic ? Math.max(LEAST_ELASTIC, width - over) : width,
    )
  }

  #line(row: Row): void {
    this.#cells(this.#columns.map(({ cell }) => printable(cell(row))))
  }

  #cells(texts: readonly string[]): void {
    const padded = texts.map((text, index) => {
      const width = this.#widths[index] ?? 0
      const cut = cliTruncate(text, width, { position: 'middle' })
      const padding = ' '.repeat(Math.max(0, width - stringWidth(cut)))
      return this.#columns[index]?.right ? padding + cut : cut + padding
    })
    this.#print(padded.join(GAP).trimEnd())
  }
}

function oneLine(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
}
