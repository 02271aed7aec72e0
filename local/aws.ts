import { rm } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGateway } from './gateway.ts'
import { onAllowedHosts } from './hosts.ts'
import { REGION } from './intrinsics.ts'
import { createFunction } from './lambda-runtime.ts'
import { listenOnLoopback } from './listen.ts'
import { lockDirectory } from './lock.ts'
import type { OidcIssuer } from './oidc-issuer.ts'
import { createPage } from './page.ts'
import { createPolicy, type Statement } from './policy.ts'
import { provisionBuckets } from './provision.ts'
import type { Principal } from './s3/principal.ts'
import { type Admission, startS3 } from './s3/server.ts'
import { createSessions, type Session } from './sessions.ts'
import { synthesise } from './synth.ts'
import { readTemplate } from './template.ts'

export interface LocalAwsOptions {
  /** Of the page and the API. 0: any that is free. */
  port: number
  /** Of S3. 0: any that is free. */
  s3Port: number
  /** Of the OIDC issuer, where there is one. 0: any that is free. @default 0 */
  oidcPort?: number
  /** `jwt`: callers sign in with an OIDC issuer that runs beside the API; `iam`: they sign their requests. @default 'none' */
  auth?: 'none' | 'jwt' | 'iam'
  /** How long the issuer's access tokens live. @default 600 */
  tokenSeconds?: number
  /** How long the URLs live that the API signs. @default as the stack has it */
  urlSeconds?: number
  dataDirectory: string
  /** How long a day of a lifecycle rule lasts. @default 86,400,000 */
  lifecycleDayMs?: number
  /** By which names it may be asked, besides those of loopback. @default none */
  hosts?: readonly string[]
  /** Whose pages may use the API and S3, beside the page's own: such as `http://localhost:5173`. @default none */
  origins?: readonly string[]
  /** How long completing an upload takes at least. @default 0 */
  completeDelayMs?: number
  /** Keep size, ETag and checksum of parts and forget their bytes, for uploads that no disk holds. @default false */
  dropPartBytes?: boolean
  /** Holds back requests to S3, for tests that need them midway. @default none */
  admit?: Admission
  /** How long the gateway waits for a function. @default 30,000 */
  gatewayTimeoutMs?: number
  /** Takes what the functions and the gateway log. @default console.log */
  log?: (line: string) => void
  /** Gives up starting. */
  signal?: AbortSignal
}

export interface LocalAws {
  apiUrl: string
  s3Url: string
  /** Of the OIDC issuer, where there is one. */
  issuerUrl?: string | undefined
  /**
   * Temporary credentials of a person, for S3 and for auth iam.
   * @param options.name the same name is the same caller of the API
   * @param options.statements what they may do. @default everything
   */
  issueCredentials(options: { name: string; seconds: number; statements?: Statement[] }): Session
  close(): Promise<void>
}

/** For any S3 client; it may do everything. */
export const ROOT_CREDENTIALS = { accessKeyId: 'partway', secretAccessKey: 'partwaylocal' }

const WEB = fileURLToPath(new URL('../web', import.meta.url))
const ELEMENT = fileURLToPath(new URL('../element/partway-upload.ts', import.meta.url))

/**
 * Serves what the stack declares on this machine: the page and the API on one port, S3 on another. What was uploaded stays
 * in the data directory for the next time.
 *
 * @throws {DataDirectoryInUse}
 * @throws EADDRINUSE, with the `port` in the error
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const undo: (() => unknown)[] = []
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    return { ...(await start(options, undo)), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** @param undo receives a step for each thing that is to be closed again */
async function start(options: LocalAwsOptions, undo: (() => unknown)[]): Promise<Omit<LocalAws, 'close'>> {
  const { dataDirectory, auth = 'none', log = console.log, signal } = options
  undo.push(lockDirectory(dataDirectory))

  const sessions = createSessions()
  const root: Principal = { ...ROOT_CREDENTIALS, allows: () => true }
  const findPrincipal = (id: string) => (id === root.accessKeyId ? root : sessions.find(id))
  const s3 = await startS3({
    port: options.s3Port,
    dataDir: join(dataDirectory, 's3'),
    region: REGION,
    lifecycleDayMs: options.lifecycleDayMs,
    completeDelayMs: options.completeDelayMs,
    dropPartBytes: options.dropPartBytes,
    admit: options.admit,
    hosts: options.hosts,
    findPrincipal,
  })
  undo.push(() => s3.close())
  const s3Url = `http://localhost:${s3.port}`

  // The template's CORS rules name the port, so it is taken before there is anything to serve on it.
  const ready = Promise.withResolvers<RequestListener>()
  const gateway = await listenOnLoopback(async (request, response) => {
    const listener = await ready.promise
    listener(request, response)
  }, options.port)
  undo.push(gateway.close)
  const apiUrl = `http://localhost:${gateway.port}`
  const origins = [apiUrl, `http://127.0.0.1:${gateway.port}`, ...(options.origins ?? [])]
  const issuer = await startIssuer(options, origins, undo)

  const [page, stack] = await Promise.all([
    createPage({
      directory: WEB,
      modules: { 'partway-upload': ELEMENT },
      config: {
        api: '/',
        ...(issuer ? { auth: 'jwt', issuer: issuer.url, clientId: issuer.clientId } : { auth }),
      },
      connectTo: issuer ? [s3Url, issuer.url] : [s3Url],
    }),
    synthesiseStack(join(dataDirectory, 'cdk.out'), { auth, origins, issuer }, signal),
  ])
  const { urlSeconds } = options
  const functions = new Map(
    stack.functions.map(({ environment, ...description }) => [
      description.name,
      createFunction(
        {
          ...description,
          environment: { ...environment, ...(urlSeconds && { URL_LIFETIME: `${urlSeconds}` }) },
        },
        { sessions, s3Url, log },
      ),
    ]),
  )
  undo.push(() => Promise.all([...functions.values()].map((lambda) => lambda.stop())))
  const api = createGateway({
    api: stack.api,
    functions,
    log,
    findPrincipal,
    timeoutMs: options.gatewayTimeoutMs,
  })
  await provisionBuckets(stack.buckets, s3Url, ROOT_CREDENTIALS)
  signal?.throwIfAborted()

  ready.resolve(
    onAllowedHosts((request, response) => {
      if (!page.serve(request, response)) api(request, response)
    }, options.hosts),
  )
  const issueCredentials: LocalAws['issueCredentials'] = ({ name, seconds, statements }) =>
    sessions.assume(statements ? createPolicy(statements, name) : root, { name, seconds })
  return { apiUrl, s3Url, issuerUrl: issuer?.url, issueCredentials }
}

async function startIssuer(
  { auth = 'none', oidcPort = 0, tokenSeconds, hosts }: LocalAwsOptions,
  origins: string[],
  undo: (() => unknown)[],
): Promise<OidcIssuer | undefined> {
  if (auth !== 'jwt') return undefined
  // It takes a third of a second to load, and most starts do without.
  const { startOidcIssuer } = await import('./oidc-issuer.ts')
  const issuer = await startOidcIssuer({ port: oidcPort, origins, tokenSeconds, hosts })
  undo.push(issuer.close)
  return issuer
}

async function synthesiseStack(
  outDirectory: string,
  { auth, origins, issuer }: { auth: string; origins: string[]; issuer: OidcIssuer | undefined },
  signal: AbortSignal | undefined,
) {
  await rm(outDirectory, { recursive: true, force: true })
  const context = {
    origins: origins.join(','),
    auth,
    ...(issuer && { issuer: issuer.url, audience: issuer.clientId }),
  }
  const { template, assets, stackName } = await synthesise(outDirectory, context, signal)
  return readTemplate(template, assets, stackName)
}
