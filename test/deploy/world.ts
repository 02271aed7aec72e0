import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { REGION } from './account.ts'
import { startTlsEdge } from './edge.ts'

/** AWS by its own names and over TLS, for those who are told that the names lead to this machine. */
export interface World {
  /** Tells the functions. */
  readonly environment: Readonly<Record<string, string>>
  /** Tells Chromium. */
  readonly browserArgs: readonly string[]
  close(): Promise<void>
}

const DOMAINS = ['amazonaws.com', 'amazoncognito.com', 'cloudfront.net']
/** A wildcard stands for one label. */
const CERTIFIED = [
  '*.cloudfront.net',
  `*.${REGION}.amazonaws.com`,
  `*.s3.${REGION}.amazonaws.com`,
  `*.execute-api.${REGION}.amazonaws.com`,
  `*.auth.${REGION}.amazoncognito.com`,
]

/**
 * @param port the emulator's
 * @param folder for the certificate
 */
export async function startWorld(port: number, folder: string): Promise<World> {
  const certificate = join(folder, 'certificate.pem')
  const key = join(folder, 'key.pem')
  await createCertificate(certificate, key)
  const edge = await startTlsEdge({
    port,
    host: (asked) => asked.replace(/^(\w+)\.execute-api\..*$/, '$1.execute-api.localhost'),
    cert: await readFile(certificate),
    key: await readFile(key),
  })
  const rules = DOMAINS.map((domain) => `MAP *.${domain} 127.0.0.1:${edge.port}`)
  return {
    environment: {
      NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'runtime/aws-names.ts'))}`,
      NODE_EXTRA_CA_CERTS: certificate,
      PARTWAY_TLS_PORT: String(edge.port),
    },
    browserArgs: [`--host-resolver-rules=${rules.join(',')}`],
    close: edge.close,
  }
}

async function createCertificate(certificate: string, key: string): Promise<void> {
  const names = CERTIFIED.map((name) => `DNS:${name}`).join(',')
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=partway'],
    ...['-addext', `subjectAltName=${names}`],
  ])
}
