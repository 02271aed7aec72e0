import { startS3 } from '../../local/s3/server.ts'
import { REGION, root } from './s3-root.ts'

/** A server of its own, to be killed: its data directory is its argument, its port its only line. */
const [dataDir = ''] = process.argv.slice(2)
const server = await startS3({
  dataDir,
  region: REGION,
  port: 0,
  findPrincipal: (id) => (id === root.accessKeyId ? root : undefined),
})
process.stdout.write(`${server.port}\n`)
