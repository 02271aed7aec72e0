import { randomBytes } from 'node:crypto'
import { request as ask } from 'node:http'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { onTestFinished } from 'vitest'
import { ROOT_CREDENTIALS } from '../../local/aws.ts'
import { serve } from '../client/servers.ts'

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

  const tap = await serve((request, response) => {
    const { method, headers, url = '' } = request
    const path = decodeURIComponent(url.slice(name.length + 2).replace(/\?.*/, ''))
    const upstream = ask(new URL(url, s3Url), { method, headers }, (answer) => {
      const list = method === 'PUT' ? 'puts' : 'gets'
      const isTransfer =
        path !== '' && (method === 'PUT' || method === 'GET') && (answer.statusCode ?? 500) < 300
      if (isTransfer) note(list, path)
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    upstream.on('error', () => response.destroy())
    request.pipe(upstream)
  })
  return {
    ...{ name, client, ...lists },
    environment: {
      AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: tap,
    },
    after: (count, list, callback) => {
      waiting.push({ list, at: lists[list].length + count, callback })
    },
  }
}
