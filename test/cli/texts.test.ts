import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { progressLine } from '../../cli/bars.ts'
import { download } from '../../cli/commands/download.ts'
import { upload } from '../../cli/commands/upload.ts'
import { explain, troubleOf } from '../../cli/explain.ts'
import { formatBytes, formatDuration, formatRate, percent, printable } from '../../cli/format.ts'
import { helpFor, helpForCommand } from '../../cli/help.ts'
import { NetworkError, StoreError } from '../../client/node/index.ts'

const MIB = 1024 ** 2

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.00 KiB'],
  [15 * MIB, '15.0 MiB'],
  [999 * MIB, '999 MiB'],
  [2 * 1024 * MIB, '2.00 GiB'],
  [5e12, '4.55 TiB'],
])('%i bytes read %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  [0.04, '0.0 s'],
  [42.4, '42 s'],
  [59.7, '1 min 0 s'],
  [200, '3 min 20 s'],
  [7500, '2 h 5 min'],
])('%d seconds read %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text)
})

test('a rate that is not known yet is a dash', () => {
  expect(formatRate(undefined)).toBe('–')
  expect(formatRate(1536)).toBe('1.50 KiB/s')
})

test.each([
  ['films/名前 é.mov', 'films/名前 é.mov'],
  ['two\nlines\t', String.raw`two\nlines\t`],
  ['\x1b]0;gone\x07\x9b2J', String.raw`\u001b]0;gone\u0007\u009b2J`],
  ['gpj.\u202eexe', String.raw`gpj.\u202eexe`],
])('%j steers no terminal', (text, shown) => {
  expect(printable(text)).toBe(shown)
})

test('100 % is not said before all is done', () => {
  expect(percent(999_999, 1_000_000)).toBe(99)
  expect(percent(0, 0)).toBe(100)
})

describe('the line on a terminal', () => {
  const standing = { bytes: 96 * MIB, size: 191 * MIB, rate: 12 * MIB, eta: 8 }

  test.each([120, 80, 60, 40, 8])('fits %i columns', (columns) => {
    expect(
      stripVTControlCharacters(progressLine('a long name of a film.mov', standing, { columns, plain: false }))
        .length,
    ).toBeLessThan(columns)
  })

  test('gives way step by step', () => {
    const lines = [100, 80, 70, 50, 30].map((columns) =>
      progressLine('a long name of a film.mov', standing, { columns, plain: true }),
    )
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "a long nam…a film.mov ━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌  50 %  96.0 MiB of 191 MiB  12.0 MiB/s  8 s left       
      a lon…m.mov ━━━━━╌╌╌╌╌╌  50 %  96.0 MiB of 191 MiB  12.0 MiB/s  8 s left       
      a long…m.mov   50 %  96.0 MiB of 191 MiB  12.0 MiB/s  8 s left       
      a lon….mov ━━━━━╌╌╌╌╌╌  50 %  96.0 MiB of 191 MiB
       50 %  96.0 MiB of 191 MiB"
    `)
  })

  test('has color unless there shall be none', () => {
    expect(progressLine('f', standing, { columns: 100, plain: false })).toContain('\x1b[36m')
    expect(progressLine('f', standing, { columns: 100, plain: true })).not.toContain('\x1b')
  })
})

test.each([
  [
    new NetworkError('Expected an answer from the store, got none (ECONNREFUSED).', {
      cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }),
    }),
    'no answer from the store (ECONNREFUSED)',
  ],
  [
    new NetworkError('Expected bytes to move, got none for 30 s.'),
    'Expected bytes to move, got none for 30 s',
  ],
  [new StoreError('', { status: 503, code: 'SlowDown' }), 'the store answered 503 SlowDown'],
  [new StoreError('', { status: 502 }), 'the store answered 502'],
])('%s reads %s', (error, text) => {
  expect(troubleOf(error)).toBe(text)
})

test('the help of all', () => {
  expect(helpFor([upload, download])).toMatchInlineSnapshot(`
    "Moves files of any size to S3 and back, in parts, in parallel, and picks up partway.

    Usage: partway COMMAND …

    Files, there and back:
      upload    Sends files; goes on where an earlier run of the same command stopped. Prints their keys.
      download  Brings files back by their keys; goes on where an earlier run stopped. Prints their paths.

    partway COMMAND --help says more. --version prints the version.

    Environment:
      PARTWAY_API    The API, where --api is left out
      PARTWAY_TOKEN  A bearer token, for an API that takes signed-in callers only
      PARTWAY_STATE  The folder that remembers unfinished work (~/.local/state/partway)
      AWS_…          Credentials, profile and region, as the AWS command line reads them

    Exit codes:
      0    done
      1    failed for good
      2    the command is not understood
      75   failed for now: the same command goes on where this one stopped
      130  interrupted, by Ctrl-C or a signal: as 75
    "
  `)
})

test('the help of upload', () => {
  expect(helpForCommand(upload)).toMatchInlineSnapshot(`
    "Sends files; goes on where an earlier run of the same command stopped. Prints their keys.

    Usage: partway upload FILE… [s3://BUCKET/KEY] [flags]

    A FILE is a file, a folder, a pattern such as \`**/*.mov\`, or - for standard input (to an s3:// key alone). \`films\` sends films/…, \`films/\` sends what is in it. To a place that ends in /, names are added; a single file goes to the key that is named.

    Of --include and --exclude, the last that fits a file decides; where the first is an --include, what none fits is left out. A GLOB fits a file of that name in any folder, and all that is in a folder of that name; \`/tmp\` fits at the top alone, \`tmp/\` folders alone.

    Stopped, killed or failed, the same command goes on: what is done and unchanged is not sent again.

    Examples:
      # Through the API of PARTWAY_API
      partway upload film.mov
      # To a key of your own
      partway upload film.mov s3://films/2026/film.mov
      # What is in a folder, but for some
      partway upload films/ s3://films/2026/ --exclude '*.tmp'
      # Not more than the link may take
      partway upload films s3://archive/ --storage-class GLACIER_IR --bandwidth-limit 5MiB
      # What a program writes
      partway upload - s3://backups/all.tar --expected-size 200GiB

    Which files:
          --include GLOB        These alone; after an --exclude, these all the same [repeatable]
          --exclude GLOB        Not these, such as *.tmp or a whole folder; the last GLOB that fits decides [repeatable]
          --expected-size SIZE  Of standard input, for the size of its parts (64MiB parts, which do for 625GiB) [s3:// alone]

    What the object has:
          --content-type TYPE         Such as video/mp4 (what the name says)
          --metadata NAME=VALUE       Metadata of your own [repeatable]
          --cache-control TEXT        Such as max-age=3600 [s3:// alone]
          --content-disposition TEXT  Such as attachment [s3:// alone]
          --content-encoding TEXT     What the bytes are encoded in already, such as gzip [s3:// alone]
          --content-language TEXT     Such as de [s3:// alone]
          --storage-class CLASS       Such as STANDARD_IA (the store’s own) [s3:// alone]
          --sse AES256|aws:kms        How the store encrypts it (as the bucket says) [s3:// alone]
          --sse-kms-key-id ID         The KMS key, with --sse aws:kms [s3:// alone]
          --tag NAME=VALUE            A tag [repeatable, s3:// alone]
          --checksum NAME             CRC64NVME, CRC32, CRC32C or NONE: what proves that it is whole (CRC32)
          --integrity whole|signed    What the store compares: the whole, or each part as well, read twice (whole)
          --part-size SIZE            Such as 16MiB (8MiB, or what 10,000 parts need)
          --if-none-match             Replace nothing: an object that stands at the key is an error [s3:// alone]

    Going on:
          --dry-run  Say what would be done, and do nothing
          --verify   When it is done, read the file again, and compare it with what the store has
          --search   Go on with what another machine has sent of this file
          --restart  Forget what an earlier run has sent, and begin anew

    Where to and who asks:
          --api URL           The Partway API (PARTWAY_API); or name an s3:// place
          --endpoint-url URL  An S3-compatible store (AWS_ENDPOINT_URL_S3; AWS) [s3:// alone]
          --region REGION     Of the bucket, or of an API that takes AWS credentials (AWS_REGION)
          --profile NAME      Of the AWS configuration (AWS_PROFILE, or default)
          --path-style        The bucket in the path, not in the host name [s3:// alone]

    How fast:
          --concurrency N         Parts under way at once (as many as the link is worth)
          --bandwidth-limit SIZE  A second at most, such as 10MiB (none)
          --max-memory SIZE       Of the process, which limits the parts under way (256MiB)

    Flags of every command:
          --json         One JSON object a line on standard output, for scripts
      -q, --quiet        Say nothing but errors
      -v, --verbose      Say more: every file of many, and every retry
          --no-progress  No bars and no percentages
          --journal DIR  Where unfinished work is remembered (PARTWAY_STATE, ~/.local/state/partway)
    "
  `)
})

test('the help of download', () => {
  expect(helpForCommand(download)).toMatchInlineSnapshot(`
    "Brings files back by their keys; goes on where an earlier run stopped. Prints their paths.

    Usage: partway download KEY… | s3://BUCKET/KEY… [PATH] [flags]

    A KEY that ends in / is a prefix: all objects below it are brought, into folders as they are named. A bucket alone is one, too.

    Of --include and --exclude, the last that fits a file decides; where the first is an --include, what none fits is left out. A GLOB fits a file of that name in any folder, and all that is in a folder of that name; \`/tmp\` fits at the top alone, \`tmp/\` folders alone.

    Stopped, killed or failed, the same command goes on: what is there is not brought again. A file that was there before is never replaced without --force; one with the same bytes counts as done. Symbolic links that are in the output folder already are followed.

    Examples:
      # From the API of PARTWAY_API
      partway download uploads/public/…/film.mov
      # One object, under another name
      partway download s3://films/2026/film.mov back.mov
      # All that is below a prefix
      partway download s3://films/2026/ films --include '*.mov'
      # Into a program
      partway download s3://backups/all.tar - | tar x
      # Its first MiB, to look at
      partway download s3://films/2026/film.mov head.mov --range 0-1048575

    Which files:
      -o, --output PATH       A file or a folder, - for standard output (the file's own name, here)
          --include GLOB      These alone; after an --exclude, these all the same [repeatable]
          --exclude GLOB      Not these, such as *.tmp or a whole folder; the last GLOB that fits decides [repeatable]
          --range FIRST-LAST  Of one object, these bytes alone: 0-1023, 1024- or -1024
      -f, --force             Replace files that are there

    Going on:
          --dry-run  Say what would be done, and do nothing
          --verify   When it is done, read the file again, and compare it with what the store has
          --restart  Forget what an earlier run has brought: its files are in the way then

    Where to and who asks:
          --api URL           The Partway API (PARTWAY_API); or name an s3:// place
          --endpoint-url URL  An S3-compatible store (AWS_ENDPOINT_URL_S3; AWS) [s3:// alone]
          --region REGION     Of the bucket, or of an API that takes AWS credentials (AWS_REGION)
          --profile NAME      Of the AWS configuration (AWS_PROFILE, or default)
          --path-style        The bucket in the path, not in the host name [s3:// alone]

    How fast:
          --concurrency N         Parts under way at once (as many as the link is worth)
          --bandwidth-limit SIZE  A second at most, such as 10MiB (none)
          --max-memory SIZE       Of the process, which limits the parts under way (256MiB)

    Flags of every command:
          --json         One JSON object a line on standard output, for scripts
      -q, --quiet        Say nothing but errors
      -v, --verbose      Say more: every file of many, and every retry
          --no-progress  No bars and no percentages
          --journal DIR  Where unfinished work is remembered (PARTWAY_STATE, ~/.local/state/partway)
    "
  `)
})

test.each([
  [
    new StoreError('', { status: 404, code: 'NoSuchBucket' }),
    'Expected a bucket of that name, the store has none. Look at the name, and at --endpoint-url.',
  ],
  [
    Object.assign(new Error('EACCES'), { code: 'EACCES', path: '/films/a.mov' }),
    'the permission to read or write /films/a.mov is missing.',
  ],
  [Object.assign(new Error('EPERM'), { code: 'EPERM' }), 'the permission to read or write it is missing.'],
])('%o is told with what it is about', (error, text) => {
  expect(explain(error)).toBe(text)
})
