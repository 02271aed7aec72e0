import tls from 'node:tls'

/**
 * Loaded into functions before they are. Ours find AWS by its own names, as on AWS, and so sign for them; that those lead
 * to this machine they do not see. Those that the CDK brings stay with the emulator's endpoint.
 */

const { BUCKET, PARTWAY_TLS_PORT } = process.env
const HERE = { host: '127.0.0.1', port: Number(PARTWAY_TLS_PORT) }

if (BUCKET) {
  delete process.env.AWS_ENDPOINT_URL
  tls.connect = new Proxy(tls.connect, {
    apply(connect, self, [options, ...others]: [tls.ConnectionOptions]) {
      const isAws = options.host?.endsWith('.amazonaws.com')
      return Reflect.apply(connect, self, [isAws ? { ...options, ...HERE } : options, ...others])
    },
  })
}
