import * as v from 'valibot'
import type { ObjectHeaders, S3UploadOptions, UploadOptions } from '../client/node/index.ts'
import { objectHeaders } from '../client/node/s3/object-headers.ts'
import { ProblemError } from '../protocol/problems.ts'
import { ChecksumAlgorithm, InitiateRequest } from '../protocol/schemas.ts'
import { encodeUserMetadata } from '../protocol/user-metadata.ts'
import { type Flag, type Flags, type Invocation, UsageError } from './command.ts'
import { choice, partSize, stringFlag, stringFlags } from './flags.ts'

/** Of what is uploaded. */
export const OBJECT_FLAGS = {
  'content-type': {
    group: 'object',
    value: 'TYPE',
    summary: 'Such as video/mp4 (what the name says)',
  },
  metadata: {
    group: 'object',
    value: 'NAME=VALUE',
    summary: 'Metadata of your own',
    repeatable: true,
  },
  'cache-control': { group: 'object', value: 'TEXT', summary: 'Such as max-age=3600', only: 's3' },
  'content-disposition': { group: 'object', value: 'TEXT', summary: 'Such as attachment', only: 's3' },
  'content-encoding': {
    group: 'object',
    value: 'TEXT',
    summary: 'What the bytes are encoded in already, such as gzip',
    only: 's3',
  },
  'content-language': { group: 'object', value: 'TEXT', summary: 'Such as de', only: 's3' },
  'storage-class': {
    group: 'object',
    value: 'CLASS',
    summary: 'Such as STANDARD_IA (the store’s own)',
    only: 's3',
  },
  sse: {
    group: 'object',
    value: 'AES256|aws:kms',
    summary: 'How the store encrypts it (as the bucket says)',
    only: 's3',
  },
  'sse-kms-key-id': { group: 'object', value: 'ID', summary: 'The KMS key, with --sse aws:kms', only: 's3' },
  tag: { group: 'object', value: 'NAME=VALUE', summary: 'A tag', only: 's3', repeatable: true },
  checksum: {
    group: 'object',
    value: 'NAME',
    summary: 'CRC64NVME, CRC32, CRC32C or NONE: what proves that it is whole (CRC32)',
  },
  integrity: {
    group: 'object',
    value: 'whole|signed',
    summary: 'What the store compares: the whole, or each part as well, read twice (whole)',
  },
  'part-size': {
    group: 'object',
    value: 'SIZE',
    summary: 'Such as 16MiB (8MiB, or what 10,000 parts need)',
  },
} as const satisfies Record<string, Flag>

const HEADER_FLAGS = {
  cacheControl: 'cache-control',
  contentDisposition: 'content-disposition',
  contentEncoding: 'content-encoding',
  contentLanguage: 'content-language',
  storageClass: 'storage-class',
  sseKmsKeyId: 'sse-kms-key-id',
} as const

/** @throws {UsageError} */
export function uploadOptions(invocation: Invocation): UploadOptions {
  const { flags } = invocation
  const checksum = choice(flags, 'checksum', ChecksumAlgorithm.options)
  const integrity = choice(flags, 'integrity', ['whole', 'signed'])
  if (checksum === 'NONE' && integrity === 'signed') {
    throw new UsageError('Expected a checksum to sign, got --checksum NONE. Leave it or --integrity out.')
  }
  const search = flags.search === true
  const restart = flags.restart === true
  if (search && restart)
    throw new UsageError('Expected --search or --restart, got both. Leave one of them out.')
  return {
    checksum,
    integrity,
    restart,
    ...(search && { resume: 'search' }),
    partSize: partSize(invocation),
    contentType: stringFlag(flags['content-type']),
    metadata: metadata(flags),
  }
}

/** What only S3 itself takes. @throws {UsageError} */
export function s3UploadOptions({ flags }: Invocation): Pick<S3UploadOptions, 'headers' | 'overwrite'> {
  const texts = Object.entries(HEADER_FLAGS).map(([option, flag]) => [option, stringFlag(flags[flag])])
  const headers: ObjectHeaders = {
    ...Object.fromEntries(texts.filter(([, text]) => text !== undefined)),
    sse: choice(flags, 'sse', ['AES256', 'aws:kms']),
    tags: pairs(flags, 'tag'),
  }
  try {
    objectHeaders(headers)
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(withFlags(error.message))
    throw error
  }
  return { headers, overwrite: flags['if-none-match'] !== true }
}

/** The client's options, as the command calls them. */
function withFlags(message: string): string {
  const flags: Readonly<Record<string, string>> = { ...HEADER_FLAGS, sse: 'sse' }
  const options = new RegExp(`\\b(${Object.keys(flags).join('|')})\\b`, 'g')
  return message.replace(options, (option) => `--${flags[option]}`)
}

/** @throws {UsageError} for what no upload could have, whatever the file is called */
function metadata(flags: Flags): Record<string, string> | undefined {
  const given = pairs(flags, 'metadata')
  if (given === undefined) return undefined
  const { issues } = v.safeParse(InitiateRequest.entries.metadata, given)
  if (issues)
    throw new UsageError(`${issues[0].message} for --metadata, got ${Object.keys(given).join(', ')}.`)
  try {
    encodeUserMetadata('', given)
  } catch (error) {
    if (error instanceof ProblemError) throw new UsageError(error.message)
    throw error
  }
  return given
}

/** @throws {UsageError} for what is no NAME=VALUE, and for a name that is given twice */
function pairs(flags: Flags, name: string): Record<string, string> | undefined {
  const texts = stringFlags(flags[name])
  if (texts.length === 0) return undefined
  const pairs: Record<string, string> = {}
  for (const text of texts) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
    if (key === undefined || value === undefined) {
      throw new UsageError(`Expected --${name} NAME=VALUE, got ${JSON.stringify(text)}.`)
    }
    if (Object.hasOwn(pairs, key)) {
      throw new UsageError(`Expected one --${name} of the name ${key}, got two. Leave one of them out.`)
    }
    pairs[key] = value
  }
  return pairs
}
