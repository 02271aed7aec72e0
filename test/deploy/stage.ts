import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import { listenOnLoopback } from '../../local/listen.ts'
import { ADMINISTRATOR, REGION } from './account.ts'
import { type Cdk, type Context, createCdk } from './cdk.ts'
import { type Edge, startEdge } from './edge.ts'
import type { EmulatedStack } from './emulator-gaps.ts'
import { startMiniStack } from './ministack.ts'
import { hostPage } from './page-host.ts'
import { startWorld } from './world.ts'

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
  /** With these, Chromium finds AWS by its own names. */
  readonly browserArgs: readonly string[]
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

export interface StageOptions {
  /**
   * Whether functions find AWS, and sign, by its own names, which only {@link Stage.browserArgs} makes sense of.
   * @default false: by the endpoint
   */
  readonly byName?: boolean
}

export async function openStage({ byName = false }: StageOptions = {}): Promise<Stage> {
  const undo: (() => unknown)[] = []
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const folder = await mkdtemp(join(tmpdir(), 'partway-deploy-'))
    undo.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
    const port = await freePort()
    let apiId = ''
    const aws = await startEdge({ port })
    undo.push(aws.close)
    const api = await startEdge({ port, host: () => apiHost(apiId) })
    undo.push(api.close)
    const endpoint = urlOf(aws)
    const apiUrl = urlOf(api)
    const page = await hostPage({ apiUrl, s3Url: endpoint })
    undo.push(page.close)
    const world = await startWorld(port, folder)
    undo.push(world.close)

    const path = [dirname(process.execPath), process.env.PATH].join(delimiter)
    const environment = byName ? world.environment : {}
    const ministack = await startMiniStack({ port, endpoint, folder, path, environment })
    undo.push(ministack.close)
    const s3 = new S3Client({ endpoint, region: REGION, credentials: ADMINISTRATOR, forcePathStyle: true })
    undo.push(() => s3.destroy())
    const stop = new AbortController()
    undo.push(() => stop.abort())
    const cdk = createCdk({ endpoint, folder, path, signal: stop.signal })
    return {
      endpoint,
      plainEndpoint: `http://127.0.0.1:${port}`,
      apiUrl,
      pageOrigin: page.origin,
      browserArgs: world.browserArgs,
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

function urlOf({ port }: Edge): string {
  return `http://127.0.0.1:${port}`
}

async function freePort(): Promise<number> {
  const { port, close } = await listenOnLoopback(() => {}, 0)
  await close()
  return port
}
