import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startS3 } from '../../local/s3/server.ts'

/** What the suite knows by name. Any other S3-compatible store may borrow the name of the one it is nearest to. */
export type EngineName = 'local' | 'rgw' | 'aws'

export interface Engine {
  name: EngineName
  /** Origin of an S3-compatible store; `undefined` is AWS itself. */
  endpoint: string | undefined
  region: string
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  /** Another access key of the same user, where there is one. */
  otherCredentials: { accessKeyId: string; secretAccessKey: string } | undefined
  /** What a day of a lifecycle rule lasts; `undefined`: as long as anywhere else. */
  lifecycleDayMs: number | undefined
  stop(): Promise<void>
}

const ROOT = { accessKeyId: 'partway', secretAccessKey: 'partwaylocal' }
const OTHER = { accessKeyId: 'partway-other', secretAccessKey: 'partwayotherlocal' }
const LOCAL_DAY_MS = 500

export const engineName = readEngineName(process.env.S3_ENGINE ?? 'local')

/**
 * The S3 that the environment names: `S3_ENGINE` (`local`, the default, `rgw` or `aws`), `S3_ENDPOINT`,
 * `S3_ACCESS_KEY`, `S3_SECRET_KEY`, `S3_SESSION_TOKEN`, `S3_OTHER_ACCESS_KEY`, `S3_OTHER_SECRET_KEY`, `S3_REGION`, `S3_LIFECYCLE_DAY`
 * (in seconds).
 * Without an endpoint, `local` is a server of its own on a free port, with a temporary folder.
 */
export async function startEngine(): Promise<Engine> {
  const { S3_ENDPOINT: endpoint, S3_REGION: region = 'us-east-1', S3_LIFECYCLE_DAY: day } = process.env
  const { S3_SESSION_TOKEN: sessionToken } = process.env
  if (engineName === 'local' && endpoint === undefined) return startLocal(region)
  if (engineName !== 'aws' && endpoint === undefined) {
    throw new Error(`expected S3_ENDPOINT to be the origin of ${engineName}, e.g. http://127.0.0.1:7480`)
  }
  return {
    name: engineName,
    endpoint,
    region,
    credentials: {
      accessKeyId: required('S3_ACCESS_KEY'),
      secretAccessKey: required('S3_SECRET_KEY'),
      ...(sessionToken && { sessionToken }),
    },
    otherCredentials: otherCredentials(),
    lifecycleDayMs: day === undefined ? undefined : Number(day) * 1000,
    stop: async () => {},
  }
}

async function startLocal(region: string): Promise<Engine> {
  const dataDir = await mkdtemp(join(tmpdir(), 'partway-contract-'))
  const users = [ROOT, OTHER].map((credentials) => ({ ...credentials, allows: () => true }))
  const server = await startS3({
    dataDir,
    region,
    port: 0,
    lifecycleDayMs: LOCAL_DAY_MS,
    findPrincipal: (accessKeyId) => users.find((user) => user.accessKeyId === accessKeyId),
  })
  return {
    name: 'local',
    endpoint: server.url,
    region,
    credentials: ROOT,
    otherCredentials: OTHER,
    lifecycleDayMs: LOCAL_DAY_MS,
    async stop() {
      await server.close()
      await rm(dataDir, { recursive: true })
    },
  }
}

function readEngineName(name: string): EngineName {
  if (name === 'local' || name === 'rgw' || name === 'aws') return name
  throw new Error(`expected S3_ENGINE to be local, rgw or aws, got ${name}`)
}

function otherCredentials(): Engine['otherCredentials'] {
  const { S3_OTHER_ACCESS_KEY: accessKeyId, S3_OTHER_SECRET_KEY: secretAccessKey } = process.env
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined
}

function required(variable: string): string {
  const value = process.env[variable]
  if (value) return value
  throw new Error(`expected ${variable} to be set for S3_ENGINE=${engineName}, got nothing`)
}
