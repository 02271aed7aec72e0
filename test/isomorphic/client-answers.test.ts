import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { answers, problem } from '../../client/answers.ts'
import { type RouteName, routes } from '../../protocol/routes.ts'
import { ProblemBody } from '../../protocol/schemas.ts'

/** What a browser loads reads answers by readers of its own: they have to agree with the API's schemas. */

const expiry = { expiresAt: '2026-11-21T00:00:00.000Z', expiresIn: 900 }
const checksum = { algorithm: 'CRC64NVME', value: 'rosUhgp5mIg=' }
const template = {
  urlTemplate: 'https://s3',
  from: 1,
  to: 2,
  signatures: 'AA==',
  headers: { a: 'b' },
  ...expiry,
}
const urls = { parts: [{ partNumber: 1, size: 5, url: 'https://s3', headers: { a: 'b' } }], ...expiry }
const upload = {
  ...{ key: 'k', uploadId: 'u', size: 5, partSize: 5, partCount: 1, checksumAlgorithm: 'CRC32' },
  abortDate: expiry.expiresAt,
}

const samples: Record<Exclude<RouteName, 'abort'>, object[]> = {
  describe: [
    {
      ...{ version: '1.0.0', auth: 'jwt', issuer: 'https://me', clientId: 'me', region: 'eu-west-1' },
      ...{ maxObjectSize: 5, checksums: ['CRC32'] },
    },
  ],
  initiate: [
    {
      ...{ kind: 'single', key: 'k', method: 'PUT', url: 'https://s3', headers: { a: 'b' } },
      expiresAt: expiry.expiresAt,
    },
    { kind: 'multipart', ...upload, signed: template },
  ],
  presign: [{ signed: template }, { signed: urls }],
  'list-parts': [{ ...upload, parts: [{ partNumber: 1, size: 5, etag: 'e', checksum }] }],
  complete: [{ key: 'k', size: 5, etag: 'e', checksum, versionId: 'v', location: 'https://s3' }],
  'list-uploads': [
    {
      uploads: [
        {
          ...{ key: 'k', uploadId: 'u', fileName: 'f', size: 5, partSize: 5, initiated: expiry.expiresAt },
          ...{ parts: 1, bytes: 5, abortDate: expiry.expiresAt },
        },
      ],
      next: 'n',
    },
  ],
  'list-objects': [
    { objects: [{ key: 'k', fileName: 'f', size: 5, modified: expiry.expiresAt }], next: 'n' },
  ],
  download: [
    {
      ...{ key: 'k', url: 'https://s3', fileName: 'f', size: 5, etag: 'e', checksum, contentType: 'a/b' },
      ...{ partCount: 1, partSize: 5, ...expiry },
    },
  ],
}

describe.each(Object.keys(samples) as (keyof typeof samples)[])('what %s answers', (name) => {
  const { response } = routes[name]

  test.each(samples[name])('is read as its schema reads it (%#)', (sample) => {
    const unknown = { ...sample, unknown: true }
    expect(answers[name](unknown)).toEqual(sample)
    expect(v.parse(response, unknown)).toEqual(sample)
  })

  test.each(samples[name])('is refused where its schema refuses it (%#)', (sample) => {
    for (const { what, value } of damaged(sample)) {
      const isFine = v.safeParse(response, value).success
      expect(accepts(answers[name], value), what).toBe(isFine)
    }
  })
})

test('a problem is known as its schema knows it', () => {
  const sample = { type: 'urn:partway:problem:x', title: 't', status: 400, detail: 'd', requestId: 'r' }
  for (const { what, value } of damaged(sample)) {
    expect(accepts(problem, value), what).toBe(v.safeParse(ProblemBody, value).success)
  }
})

function accepts(read: (value: unknown) => unknown, value: unknown): boolean {
  try {
    read(value)
    return true
  } catch {
    return false
  }
}

/** The same with one thing less, or another in its place; and what is nothing of the kind. */
function* damaged(sample: object): Generator<{ what: string; value: unknown }> {
  for (const value of [undefined, null, 'text', 7, [], {}]) yield { what: `${value}`, value }
  for (const path of pathsOf(sample)) {
    for (const put of [undefined, null, true, -1.5, {}]) {
      const value = structuredClone(sample) as Record<string, unknown>
      let parent = value
      for (const step of path.slice(0, -1)) parent = parent[step] as Record<string, unknown>
      const last = path.at(-1) as string
      if (put === undefined && !Array.isArray(parent)) delete parent[last]
      else parent[last] = put
      yield { what: `${path.join('.')}: ${JSON.stringify(put)}`, value }
    }
  }
}

function* pathsOf(value: unknown, path: string[] = []): Generator<string[]> {
  if (path.length > 0) yield path
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) yield* pathsOf(member, [...path, name])
}
