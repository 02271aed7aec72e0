import { randomBytes } from 'node:crypto'
import { request as ask, createServer } from 'node:http'
import { pipeline } from 'node:stream'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { onTestFinished } from 'vitest'
import { ROOT_CREDENTIALS } from '../../local/aws.ts'
import { listen } from '../client/servers.ts'
import { settling } from '../client/settling.ts'

export interface Bucket {
  readonly name: string
  /** Straight there. */
  readonly client: S3Client
  /** What the command goes by: through the tap. */
  readonly environment: Record<string, string>
  /** In their order: the paths of what the store has taken or given, without the bucket. */
  readonly puts: string[]
  readonly gets: string[]
  /** Calls back once, as soon as so many more of them are through. */
  after(count: number, list: 'puts' | 'gets', callback: () => void): void
  /**
   * Resolves once all who came through the tap have gone and the store has answered all that they asked: what a command sent before
   * a `kill -9` may arrive after it has ended.
   */
  settled(): Promise<void>
}

/** A bucket of a test's own, behind a tap that writes down what is transferred. */
export async function openBucket(s3Url: string): Promise<Bucket> {
  const name = `films-${randomBytes(4).toString('hex')}`
  const client = new S3Client({
    ...{ endpoint: s3Url, region: 'us-east-1', forcePathStyle: true, credentials: ROOT_CREDENTIALS },
  })
  onTestFinished(() => client.destroy())
  await client.send(new CreateBucketCommand({ Bucket: name }))
  const lists = { puts: [] as string[], gets: [] as string[] }
  const waiting: { list: 'puts' | 'gets'; at: number; callback: () => void }[] = []

  function note(list: 'puts' | 'gets', path: string): void {
    lists[list].push(path)
    for (const one of waiting) if (one.list === list && one.at === lists[list].length) one.callback()
  }

  const tap = createServer((request, response) => {
    const { method, headers, url = '' } = request
    const path = decodeURIComponent(url.slice(name.length + 2).replace(/\?.*/, ''))
    const upstream = ask(new URL(url, s3Url), { method, headers }, (answer) => {
      const list = method === 'PUT' ? 'puts' : 'gets'
      const isTransfer =
        path !== '' && (method === 'PUT' || method === 'GET') && (answer.statusCode ?? 500) < 300
      if (isTransfer) note(list, path)
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      if (response.destroyed) answer.destroy()
      else pipeline(answer, response, () => {})
    })
    upstream.on('error', () => response.destroy())
    hold(upstream)
    pipeline(request, upstream, () => {})
  })
  const { hold, settled } = settling(tap)
  const origin = await listen(tap)

  return {
    ...{ name, client, ...lists },
    environment: {
      AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: origin,
    },
    after: (count, list, callback) => {
      waiting.push({ list, at: lists[list].length + count, callback })
    },
    settled,
  }
}
