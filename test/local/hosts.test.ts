import { mkdtemp, rm } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalAws, startLocalAws } from '../../local/aws.ts'
import { isAllowedHost } from '../../local/hosts.ts'

test.each([
  'localhost',
  'localhost:8080',
  'LocalHost.',
  'films.localhost:8081',
  '127.0.0.1:8080',
  '127.1.2.3',
  '[::1]:8080',
  'films.test:8080',
])('%s is asked by', (host) => {
  expect(isAllowedHost(host, ['films.test'])).toBe(true)
})

test.each([
  'rebound.example',
  'rebound.example:8080',
  'localhost.rebound.example',
  'notlocalhost',
  '127.0.0.1.rebound.example',
  '127.rebound.example',
  'x.films.test',
  '0.0.0.0',
  '[::]:8080',
  '',
])('"%s" is not', (host) => {
  expect(isAllowedHost(host, ['films.test'])).toBe(false)
})

describe('a page of the Web that has rebound its name', () => {
  let folder: string
  let aws: LocalAws
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'partway-hosts-'))
    aws = await startLocalAws({
      ...{ port: 0, s3Port: 0, auth: 'jwt', hosts: ['films.test'], log: () => {} },
      dataDirectory: join(folder, 'data'),
    })
  }, 60_000)
  afterAll(async () => {
    await aws?.close()
    await rm(folder, { recursive: true })
  })

  test.each([
    ['the API', (): string => aws.apiUrl, '/'],
    ['the page', (): string => aws.apiUrl, '/index.html'],
    ['S3', (): string => aws.s3Url, '/'],
    ['the issuer', (): string => aws.issuerUrl ?? '', '/.well-known/openid-configuration'],
  ])('is refused by %s, and told how it is meant', async (_, url, path) => {
    const { status, body } = await ask(url() + path, 'rebound.example:8080')
    expect(status).toBe(403)
    expect(body).toContain('got rebound.example:8080')
    expect(body).toContain('PARTWAY_HOSTS=rebound.example')
    for (const host of ['127.0.0.1:1', 'bucket.localhost:1', 'films.test']) {
      expect((await ask(url() + path, host)).body).not.toContain('PARTWAY_HOSTS')
    }
  })
})

async function ask(url: string, host: string): Promise<{ status: number | undefined; body: string }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { headers: { host } }, resolve).on('error', reject).end()
  })
  return { status: answer.statusCode, body: await text(answer) }
}
