import { stripVTControlCharacters } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { progressLine } from '../../cli/bars.ts'
import { createBoard } from '../../cli/board.ts'
import { createOutput } from '../../cli/output.ts'

const MIB = 1024 ** 2

/** A board whose clock stands still until it is told, and all that it wrote. */
async function openBoard({
  isTTY = false,
  columns = 80,
  ...flags
}: {
  isTTY?: boolean
  columns?: number
  verbose?: true
  quiet?: true
  'no-progress'?: true
} = {}) {
  const time = { now: 0 }
  const written: string[] = []
  const stderr = { isTTY, columns, rows: 24, write: (text: string) => written.push(text) }
  const output = createOutput({ stdout: stderr as never, stderr }, flags)
  const board = createBoard({ stderr, environment: { NO_COLOR: '1' } }, output, () => time.now)
  onTestFinished(() => board.end())
  // What draws bars is loaded by the board when there is a terminal.
  if (isTTY) await import('../../cli/bars.ts')
  const lines = () =>
    written.map((text) => stripVTControlCharacters(text)).filter((text) => text.trim() !== '')
  return { board, output, time, written, lines }
}

/** One transfer of 1000 bytes on it. */
async function transfer(options: Parameters<typeof openBoard>[0] = {}, files = 1) {
  const state = { bytes: 0, size: 1000, rate: (12 * MIB) as number | undefined, eta: 8 as number | undefined }
  const opened = await openBoard(options)
  opened.board.expect(files, 1000)
  let looks = 0
  const line = opened.board.begin('film.mov', () => {
    looks++
    return { ...state }
  })
  return { ...opened, state, line, looks: () => looks }
}

describe('without a terminal', () => {
  test('there is a line every ten percent or ten seconds, and few looks', async () => {
    const { line, state, time, lines, looks } = await transfer()
    Object.assign(state, { rate: undefined, eta: undefined })
    for (; state.bytes < 250; state.bytes++, time.now += 100) {
      for (let event = 0; event < 10; event++) line.update()
    }
    expect(looks()).toBeLessThan(300)
    for (; time.now < 45_000; time.now += 100) line.update()
    expect(lines()).toEqual([
      'film.mov: 10 %, 100 B of 1000 B\n',
      'film.mov: 20 %, 200 B of 1000 B\n',
      'film.mov: 25 %, 250 B of 1000 B\n',
      'film.mov: 25 %, 250 B of 1000 B\n',
    ])
  })

  test('of several files, the line is about all of them', async () => {
    const { board, line, state, time, lines } = await transfer({}, 3)
    board.expect(0, 1000)
    board.skip(500)
    state.bytes = 500
    time.now = 10_000
    line.update()
    expect(lines()).toEqual(['1 of 3 files: 50 %, 1000 B of 1.95 KiB, 100 B/s, 10 s left\n'])
  })

  test('a trouble is told every five seconds at most', async () => {
    const { line, time, lines } = await transfer()
    for (; time.now < 12_000; time.now += 500) line.trouble('no answer from the store (ECONNREFUSED)')
    const text = 'film.mov: no answer from the store (ECONNREFUSED), trying again\n'
    expect(lines()).toEqual([text, text, text])
  })

  test('what is waited for is told without a promise to try', async () => {
    const { line, lines } = await transfer()
    line.wait('waiting for the network; goes on by itself')
    expect(lines()).toEqual(['film.mov: waiting for the network; goes on by itself\n'])
  })
})

describe('on a terminal', () => {
  test('bars are redrawn ten times a second, and make room for lines', async () => {
    const { board, line, output, state, time, written, lines } = await transfer({ isTTY: true })
    for (time.now = 0; time.now <= 250; time.now += 10) {
      state.bytes += 20
      line.update()
    }
    expect(lines()).toHaveLength(3)
    written.length = 0
    output.note('A note.')
    expect(written.at(-1)).toBe('A note.\n')
    expect(written.join('')).toContain('\x1b[2K')
    written.length = 0
    line.update()
    expect(lines().join('')).toContain('film.mov')
    line.end('done')
    board.end()
    expect(written.at(-1)).not.toContain('film.mov')
  })

  test('each file has its bar, and all have one; no line is wider than the terminal', async () => {
    const { board, time, lines } = await openBoard({ isTTY: true, columns: 80 })
    board.expect(10, 10_000)
    const names = [
      'a.mov',
      '名前がとても長いファイルです.mov',
      ...Array.from({ length: 6 }, (_, i) => `${i}.mov`),
    ]
    const begun = names.map((name) =>
      board.begin(name, () => ({ bytes: 500, size: 1000, rate: undefined, eta: undefined })),
    )
    time.now = 1000
    begun[0]?.update()
    const drawn = (lines().at(-1) ?? '').trimEnd().split('\n')
    expect(drawn).toHaveLength(8)
    expect(drawn[0]).toMatch(/^a\.mov +━+╌+ +50 % +500 B of +1000 B/)
    expect(drawn[6]).toBe('and 2 more')
    expect(drawn[7]).toMatch(/^0\/10 files +━+╌+ +40 %/)
  })

  test('a trouble is told in place of the rate, until bytes move again', async () => {
    const { line, state, time, lines } = await transfer({ isTTY: true })
    time.now = 200
    line.trouble('no answer from the store (ECONNREFUSED)')
    expect(lines().at(-1)).toContain('no answer from the store (ECONNREFUSED)')
    expect(lines().at(-1)).not.toContain('MiB/s')
    time.now = 1200
    state.bytes = 1
    line.update()
    expect(lines().at(-1)).toContain('12.0 MiB/s  8 s left')
  })
})

test('a stream has no size until its end, on a terminal or without', async () => {
  const { board, time, lines } = await openBoard()
  board.expect(1, 0)
  const line = board.begin('-', () => ({ bytes: 2 * MIB, size: undefined, rate: MIB, eta: undefined }))
  time.now = 10_000
  line.update()
  expect(lines()).toEqual(['-: 2.00 MiB, 1.00 MiB/s\n'])
  const shown = progressLine(
    '-',
    { bytes: MIB, size: undefined, rate: MIB, eta: undefined },
    { columns: 80, plain: true },
  )
  expect(shown).toMatch(/^- +1\.00 MiB +1\.00 MiB\/s +$/)
})

describe('what is said', () => {
  test('of many files, only --verbose tells the fate of each', async () => {
    const few = await transfer({}, 8)
    few.line.note('done')
    expect(few.lines()).toEqual(['film.mov: done\n'])
    const many = await transfer({}, 9)
    many.line.note('done')
    expect(many.lines()).toEqual([])
    const verbose = await transfer({ verbose: true }, 9)
    verbose.line.note('done')
    expect(verbose.lines()).toEqual(['film.mov: done\n'])
  })

  test('at the end there is a line about all, where there were several', async () => {
    const { board, line, state, time, lines } = await transfer({ 'no-progress': true }, 4)
    board.skip(10)
    state.bytes = 1000
    time.now = 2000
    line.end('done')
    board.begin('gone.mov', () => ({ bytes: 0, size: 5, rate: undefined, eta: undefined })).end('failed')
    board.end()
    expect(lines()).toEqual(['1 file done, 1 done before, 1 not done: 1000 B in 2 s (500 B/s)\n'])
  })

  test('nothing that moved has no rate', async () => {
    const { board, time, lines } = await openBoard({ 'no-progress': true })
    board.expect(2, 0)
    for (const name of ['a', 'b']) {
      board.begin(name, () => ({ bytes: 0, size: 0, rate: undefined, eta: undefined })).end('done')
    }
    time.now = 2000
    board.end()
    expect(lines()).toEqual(['2 files done: 0 B in 2 s\n'])
  })

  test('is nothing but errors with --quiet', async () => {
    const { line, output, time, lines } = await transfer({ quiet: true }, 2)
    time.now = 20_000
    line.update()
    line.note('done')
    line.trouble('no answer')
    output.note('A note.')
    expect(lines()).toEqual([])
    output.error('An error.')
    expect(lines()).toEqual(['An error.\n'])
  })
})
