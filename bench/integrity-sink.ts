import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** `node bench/integrity-sink.ts http|https KEY CERT`: takes whatever is sent; prints its port. */
const [scheme, key = '', cert = ''] = process.argv.slice(2)

const listener: RequestListener = (request, response) => {
  request.on('data', () => {})
  request.on('end', () => response.writeHead(200, { etag: '"sink"' }).end())
}
const server =
  scheme === 'https'
    ? createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, listener)
    : createServer(listener)
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
