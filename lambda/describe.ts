import { checksumAlgorithms } from '../protocol/checksum-algorithms.ts'
import { routes } from '../protocol/routes.ts'
import { VERSION } from '../protocol/version.ts'
import { config } from './config.ts'
import { endpoint } from './endpoint.ts'

/** What a client needs to know before its first request. */
export const handler = endpoint(routes.describe, async () => ({
  version: VERSION,
  auth: config.auth,
  ...config.oidc,
  region: config.region,
  maxObjectSize: config.maxObjectSize,
  checksums: [...checksumAlgorithms],
}))
