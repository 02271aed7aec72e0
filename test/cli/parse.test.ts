import { describe, expect, test } from 'vitest'
import { commandLine, wordsAgain } from '../../cli/again.ts'
import { UsageError } from '../../cli/command.ts'
import { download } from '../../cli/commands/download.ts'
import { upload } from '../../cli/commands/upload.ts'
import { connect } from '../../cli/connect.ts'
import { partSize, traffic } from '../../cli/flags.ts'
import { s3UploadOptions, uploadOptions } from '../../cli/object-flags.ts'
import { parse } from '../../cli/parse.ts'
import { isS3Uri, parseS3Uri, placeOf } from '../../cli/place.ts'
import { invocation } from './invocation.ts'

const COMMANDS = [upload, download]

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
    [['cp'], 'Expected a command, got "cp". That is upload or download here.'],
    [['upload', '--apu', 'x'], 'Expected a flag of partway upload, got --apu. Did you mean --api?'],
    [['upload', '--conc', '3'], 'Expected a flag of partway upload, got --conc. Did you mean --concurrency?'],
    [['upload', '--frobnicate'], /^Expected a flag of partway upload, got --frobnicate\.$/],
    [['upload', '-x'], 'Expected a flag of partway upload, got -x.'],
    [['upload', '--api'], 'Expected --api URL, got no URL.'],
    [['upload', '--api', '--restart'], 'Expected --api URL, got no URL.'],
    [['upload', '--restart=yes'], 'Expected --restart without a value, got "yes".'],
  ])('%j is not understood', (args, message) => {
    expect(() => parse(args, COMMANDS)).toThrow(UsageError)
    expect(() => parse(args, COMMANDS)).toThrow(message)
  })
})

describe('a place', () => {
  const place = (args: string[], environment?: Record<string, string>) => {
    const given = invocation(['upload', ...args], environment)
    return placeOf(given, given.operands.filter(isS3Uri))
  }

  test.each(['s3:/films/x', 'S3://films/x'])(
    'that is misspelt, %s, is none and no file either',
    (operand) => {
      expect(() => place(['film.mov', operand], { PARTWAY_API: 'http://a' })).toThrow(
        `Expected a place such as s3://bucket/folder/film.mov, got "${operand}".`,
      )
    },
  )

  test('is a bucket where an operand says so, whatever API the environment names', () => {
    const environment = { PARTWAY_API: 'http://a', AWS_ENDPOINT_URL_S3: 'http://s3' }
    expect(place(['s3://films/2026/'], environment)).toEqual({
      kind: 's3',
      bucket: 'films',
      endpoint: 'http://s3/',
    })
    expect(place(['s3://films', '--endpoint-url', 'http://b'], environment)).toMatchObject({
      endpoint: 'http://b/',
    })
    expect(parseS3Uri('s3://films/a b/c?d')).toEqual({ bucket: 'films', key: 'a b/c?d' })
  })

  test('where a command speaks to an API alone, none is offered but that', () => {
    expect(() => placeOf(invocation(['login']), [])).toThrow(
      /^Expected an API, got none\. Give --api URL or set PARTWAY_API\.$/,
    )
  })

  test.each([
    [['s3://films/a', '--api', 'http://a'], 'Expected one place, got --api and s3://films/a.'],
    [['s3://films/a', 's3://other/a'], 'Expected one bucket, got films and other.'],
    [['s3:///a'], 'Expected a place such as s3://bucket/folder/film.mov, got "s3:///a".'],
    [
      ['--api', 'http://me:secret@a'],
      /^Expected an API such as \S+ or \S+, got one with a user or a password\. Leave/,
    ],
    [['--api', 'http://a', '--path-style'], '--path-style has a meaning straight to S3 alone'],
  ])('%j names none', (args, message) => {
    expect(() => place(args)).toThrow(UsageError)
    expect(() => place(args)).toThrow(message)
  })
})

describe('flags', () => {
  test('the API comes from its flag, else from the environment', () => {
    const place = (...args: Parameters<typeof invocation>) => placeOf(invocation(...args), [])
    const environment = { PARTWAY_API: 'http://b' }
    expect(place(['upload', '--api', 'http://a/x'], environment)).toEqual({ kind: 'api', url: 'http://a/x' })
    expect(place(['upload'], environment)).toEqual({ kind: 'api', url: 'http://b/' })
    expect(() => place(['upload'])).toThrow('Give --api URL or set PARTWAY_API')
  })

  test.each(['localhost', 'localhost:8080', 'ftp://a', ''])('%j is no API', (text) => {
    expect(() => placeOf(invocation(['upload', `--api=${text}`]), [])).toThrow(UsageError)
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
    const place = { kind: 'api' as const, url: 'http://a' }
    const open = (...args: string[]) => connect(invocation(['upload', ...args]), place)
    expect(() => open('--max-memory', '64MiB')).toThrow(/^Expected a --max-memory of at least \d+ bytes/)
    expect(() => open('--concurrency', '999')).toThrow(/set --max-memory to \d+ or more\.$/)
    expect(() => open('--max-memory', '64MiB')).toThrow(UsageError)
  })

  const options = (...args: string[]) => uploadOptions(invocation(['upload', ...args]))

  test.each([
    [['--integrity', 'none'], 'Expected --integrity whole or signed, got "none".'],
    [['--integrity', 'singed'], 'Did you mean signed?'],
    [
      ['--checksum', 'crc32c'],
      'Expected --checksum CRC64NVME, CRC32, CRC32C or NONE, got "crc32c". Did you mean CRC32C?',
    ],
    [['--checksum', 'NONE', '--integrity', 'signed'], 'Expected a checksum to sign'],
    [['--search', '--restart'], 'Expected --search or --restart, got both.'],
    [['--part-size', '3MiB'], 'got 3MiB. The nearest is 5MiB.'],
    [['--part-size', '8200KiB'], 'The nearest is 8MiB.'],
    [['--metadata', 'title'], 'Expected --metadata NAME=VALUE, got "title".'],
    [['--metadata', 'a=1', '--metadata', 'a=2'], 'Expected one --metadata of the name a, got two.'],
    [
      ['--metadata', 'Title=x'],
      'Expected a name of a-z, 0-9, - and _, at most 64 long for --metadata, got Title.',
    ],
    [['--metadata', 'file-name=x'], 'Choose another name.'],
  ])('%j is not understood', (args, message) => {
    expect(() => options(...args)).toThrow(UsageError)
    expect(() => options(...args)).toThrow(message)
  })

  test('metadata and tags are pairs, whose values may be anything', () => {
    const args = [
      'upload',
      '--metadata',
      'title=a=b',
      '--metadata',
      'note=',
      '--tag',
      'team=films',
      '--integrity=signed',
    ]
    expect(uploadOptions(invocation(args))).toMatchObject({
      metadata: { title: 'a=b', note: '' },
      integrity: 'signed',
    })
    expect(s3UploadOptions(invocation(args))).toMatchObject({
      headers: { tags: { team: 'films' } },
      overwrite: true,
    })
  })

  test.each([
    [['--sse-kms-key-id', 'k'], 'Expected --sse aws:kms with an --sse-kms-key-id, got none.'],
    [['--sse', 'aes256'], 'Did you mean AES256?'],
    [['--storage-class', 'glacier'], 'Expected a --storage-class as S3 writes it'],
    [['--cache-control', 'ü'], 'Expected --cache-control to be visible ASCII'],
    [['--tag', 'aws:x=1'], 'Expected a tag of your own, got aws:x'],
  ])('%j is nothing for S3', (args, message) => {
    const given = invocation(['upload', ...args])
    expect(() => s3UploadOptions(given)).toThrow(UsageError)
    expect(() => s3UploadOptions(given)).toThrow(message)
  })
})

describe('the command that goes on', () => {
  const again = (args: string[], environment?: Record<string, string>) => {
    const given = invocation(args, environment)
    const place = placeOf(given, given.operands.filter(isS3Uri))
    return commandLine(wordsAgain(given, place), given.terminal)
  }

  test('says the same, quoted for a shell, and does not begin anew', () => {
    expect(again(['upload', "it's a film.mov", '--restart', '--api', 'http://a', '--part-size=16MiB'])).toBe(
      String.raw`partway upload --api http://a --part-size 16MiB 'it'\''s a film.mov'`,
    )
  })

  test('names the API of the environment, and npx where that began it', () => {
    expect(again(['upload', 'a'], { PARTWAY_API: 'http://a', npm_command: 'exec' })).toBe(
      'npx partway upload --api http://a/ a',
    )
  })

  test('protects a name that looks like a flag', () => {
    const environment = { PARTWAY_API: 'http://a' }
    expect(again(['upload', '--', '-a'], environment)).toBe('partway upload --api http://a/ -- -a')
  })

  test('names the endpoint of the environment where it goes straight to S3, and no API', () => {
    const environment = { PARTWAY_API: 'http://a', AWS_ENDPOINT_URL_S3: 'http://s3' }
    expect(again(['upload', 'a', 's3://films/'], environment)).toBe(
      'partway upload --endpoint-url http://s3/ a s3://films/',
    )
  })

  test('keeps the order of flags, and values that look like flags', () => {
    const words = ['--exclude', '*', '--include=-a', '--exclude', 'b', '--api', 'http://a']
    expect(again(['upload', 'films', ...words])).toBe(
      "partway upload --exclude '*' --include=-a --exclude b --api http://a films",
    )
  })
})
