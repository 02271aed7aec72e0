import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import { listenOnLoopback } from '../../local/listen.ts'
import { type Cdk, type Context, createCdk } from './cdk.ts'
import { startEdge } from './edge.ts'
import type { EmulatedStack } from './emulator-gaps.ts'
import { ADMINISTRATOR, REGION, startMiniStack } from './ministack.ts'
import { hostPage } from './page-host.ts'

/** An empty AWS account, the CDK's command line for it, and a page of an origin of its own. */
export interface Stage {
  /** Where AWS is. */
  readonly endpoint: string
  /** Where AWS is without TLS. */
  readonly plainEndpoint: string
  /** Where the deployed API is. */
  readonly apiUrl: string
  /** The page, which knows the API. */
  readonly pageOrigin: string
  /** For files. */
  readonly folder: string
  readonly cdk: Cdk
  readonly s3: S3Client
  /** Deploys, as the emulator does it. */
  deploy(context: Context): Promise<EmulatedStack>
  /** What the emulator said last. */
  log(): string
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  const undo: (() => unknown)[] = []
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const folder = await mkdtemp(join(tmpdir(), 'partway-deploy-'))
    undo.push(() => rm(folder, { recursive: true, force: true }))
    const port = await freePort()
    let apiId = ''
    const aws = await startEdge({ port })
    undo.push(aws.close)
    const api = await startEdge({ port, host: () => apiHost(apiId) })
    undo.push(api.close)
    const page = await hostPage({ apiUrl: api.url, s3Url: aws.url })
    undo.push(page.close)

    const endpoint = aws.url
    const path = [dirname(process.execPath), process.env.PATH].join(delimiter)
    const ministack = await startMiniStack({ port, endpoint, folder, path })
    undo.push(ministack.close)
    const s3 = new S3Client({ endpoint, region: REGION, credentials: ADMINISTRATOR, forcePathStyle: true })
    undo.push(() => s3.destroy())
    const stop = new AbortController()
    undo.push(() => stop.abort())
    const cdk = createCdk({ endpoint, folder, path, signal: stop.signal })
    return {
      endpoint,
      plainEndpoint: `http://127.0.0.1:${port}`,
      apiUrl: api.url,
      pageOrigin: page.origin,
      folder,
      cdk,
      s3,
      async deploy(context) {
        const deployed = await cdk.deploy(context)
        apiId = new URL(deployed.outputs.ApiUrl).hostname.split('.')[0] ?? ''
        return { ...deployed, endpoint, apiId, s3 }
      },
      log: ministack.log,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** How the emulator tells APIs apart. */
export function apiHost(apiId: string): string {
  return `${apiId}.execute-api.localhost`
}

async function freePort(): Promise<number> {
  const { port, close } = await listenOnLoopback(() => {}, 0)
  await close()
  return port
}
