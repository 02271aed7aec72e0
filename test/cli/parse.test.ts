import { describe, expect, test } from 'vitest'
import { commandAgain } from '../../cli/again.ts'
import { type Invocation, UsageError } from '../../cli/command.ts'
import { connect } from '../../cli/connect.ts'
import { download } from '../../cli/download.ts'
import { apiUrl, integrity, partSize, traffic } from '../../cli/flags.ts'
import { parse } from '../../cli/parse.ts'
import { upload } from '../../cli/upload.ts'

const COMMANDS = [upload, download]

function invocation(args: string[], environment: Record<string, string> = {}): Invocation {
  const nowhere = { write: () => true }
  const terminal = { environment, stdout: nowhere, stderr: nowhere }
  return { ...parse(args, COMMANDS), terminal, signal: new AbortController().signal }
}

describe('a command line', () => {
  test('may have its flags anywhere, short or long, with a space or an equals sign', () => {
    const { command, operands, flags } = parse(['download', '-f', 'k', '--api=http://a', '-o', 'x'], COMMANDS)
    expect(command).toBe(download)
    expect(operands).toEqual(['k'])
    expect(flags).toEqual({ force: true, api: 'http://a', output: 'x' })
  })

  test('ends its flags with --', () => {
    expect(parse(['upload', '--', '--film.mov'], COMMANDS).operands).toEqual(['--film.mov'])
  })

  test.each([
    [['uplod'], 'Expected a command, got "uplod". Did you mean upload?'],
    [['fetch'], 'Expected a command, got "fetch". There are: upload, download.'],
    [['upload', '--apu', 'x'], 'Expected a flag of partway upload, got --apu. Did you mean --api?'],
    [['upload', '--conc', '3'], 'Expected a flag of partway upload, got --conc. Did you mean --concurrency?'],
    [
      ['upload', '--force'],
      'Expected a flag of partway upload, got --force. There are: --api, --concurrency,',
    ],
    [['upload', '-x'], 'Expected a flag of partway upload, got -x.'],
    [['upload', '--api'], 'Expected --api URL, got no URL.'],
    [['upload', '--api', '--restart'], 'Expected --api URL, got no URL.'],
    [['upload', '--restart=yes'], 'Expected --restart without a value, got "yes".'],
  ])('%j is not understood', (args, message) => {
    expect(() => parse(args, COMMANDS)).toThrow(UsageError)
    expect(() => parse(args, COMMANDS)).toThrow(message)
  })
})

describe('flags', () => {
  test('the API comes from its flag, else from the environment', () => {
    expect(apiUrl(invocation(['upload', '--api', 'http://a/x'], { PARTWAY_API: 'http://b' }))).toBe(
      'http://a/x',
    )
    expect(apiUrl(invocation(['upload'], { PARTWAY_API: 'http://b' }))).toBe('http://b/')
    expect(() => apiUrl(invocation(['upload']))).toThrow('Give --api URL, or set PARTWAY_API.')
  })

  test.each(['localhost', 'localhost:8080', 'ftp://a', ''])('%j is no API', (text) => {
    expect(() => apiUrl(invocation(['upload', `--api=${text}`]))).toThrow(UsageError)
  })

  test.each([
    ['5MiB', 5 * 1024 ** 2],
    ['16m', 16 * 1024 ** 2],
    ['1GiB', 1024 ** 3],
    ['8388608', 8388608],
  ])('a part size of %s', (text, bytes) => {
    expect(partSize(invocation(['upload', '--part-size', text]))).toBe(bytes)
  })

  test.each(['4MiB', '6GiB', '5.5MiB', '16MB', '8388609', 'big'])('%s is no part size', (text) => {
    expect(() => partSize(invocation(['upload', '--part-size', text]))).toThrow(UsageError)
  })

  test.each(['0', '-1', '1.5', 'many', '1000'])('%s is no concurrency', (text) => {
    expect(() => traffic(invocation(['upload', `--concurrency=${text}`]))).toThrow(UsageError)
  })

  test('limits are those of the whole client', () => {
    const args = ['upload', '--concurrency', '3', '--bandwidth-limit', '10MiB', '--max-memory', '512MiB']
    expect(traffic(invocation(args))).toEqual({
      concurrency: 3,
      bandwidthLimit: 10 * 1024 ** 2,
      maxMemory: 512 * 1024 ** 2,
    })
    expect(() => traffic(invocation(['upload', '--bandwidth-limit', 'fast']))).toThrow(
      'Expected --bandwidth-limit such as 10MiB, got "fast".',
    )
  })

  test('a memory that has no room for a part, or for so many, is told with the flags to change', () => {
    const open = (...args: string[]) => connect(invocation(['upload', '--api', 'http://a', ...args]))
    expect(() => open('--max-memory', '64MiB')).toThrow(/^Expected a --max-memory of at least \d+ bytes/)
    expect(() => open('--concurrency', '999')).toThrow(/set --max-memory to \d+ or more\.$/)
    expect(() => open('--max-memory', '64MiB')).toThrow(UsageError)
  })

  test('integrity is whole or signed', () => {
    expect(integrity(invocation(['upload', '--integrity', 'signed']))).toBe('signed')
    expect(() => integrity(invocation(['upload', '--integrity', 'none']))).toThrow(UsageError)
  })
})

describe('the command that goes on', () => {
  const again = (args: string[], environment?: Record<string, string>) => {
    const given = invocation(args, environment)
    return commandAgain(given, given.operands)
  }

  test('says the same, quoted for a shell, and does not begin anew', () => {
    expect(again(['upload', "it's a film.mov", '--restart', '--api', 'http://a', '--part-size=16MiB'])).toBe(
      String.raw`partway upload --api http://a --part-size 16MiB 'it'\''s a film.mov'`,
    )
  })

  test('names the API of the environment, and npx where that began it', () => {
    expect(again(['upload', 'a'], { PARTWAY_API: 'http://a', npm_command: 'exec' })).toBe(
      'npx partway upload --api http://a a',
    )
  })

  test('protects a name that looks like a flag', () => {
    expect(again(['upload', '--', '-a'])).toBe('partway upload -- -a')
  })
})
