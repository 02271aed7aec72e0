import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { Blocks } from '../../client/node/blocks.ts'
import { Wires } from '../../client/node/wires.ts'
import { pseudoRandom, temporaryFolder } from './servers.ts'

const object = pseudoRandom(100 * 1024 + 7)

/** Of this machine, by a certificate that this process trusts. */
async function serveTls(): Promise<{ port: number; connections: Set<unknown> }> {
  const folder = await temporaryFolder()
  const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1'
  const subject = ['-subj', '/CN=localhost', '-addext', names]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  const out = ['-keyout', keyPath, '-out', certPath]
  execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '1', ...curve, ...subject, ...out], {
    stdio: 'ignore',
  })
  const [key, cert] = [await readFile(keyPath), await readFile(certPath, 'utf8')]
  const trusted = getCACertificates('default')
  setDefaultCACertificates([...trusted, cert])
  const connections = new Set<unknown>()
  const server = createServer({ key, cert }, (request, response) => {
    connections.add(request.socket)
    response.writeHead(200, { 'content-length': object.length }).end(object)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    setDefaultCACertificates(trusted)
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('Expected a port, got none.')
  return { port: address.port, connections }
}

// TLS hands over what it has decrypted, even to who has enough: a body can end while its connection is held back.
test.each(['localhost', '127.0.0.1'])(
  'over TLS to %s, a slow reader has one object after the other from one connection',
  async (host) => {
    const { port, connections } = await serveTls()
    const wires = new Wires()
    onTestFinished(() => wires.close())
    for (let nth = 0; nth < 10; nth++) {
      const { signal } = new AbortController()
      const wanted = { headers: {}, blocks: new Blocks(), pieceBytes: 1024, signal }
      const { body, close } = await wires.get(`https://${host}:${port}/`, wanted)
      const pieces: Buffer[] = []
      for await (const piece of body.read()) {
        pieces.push(Buffer.from(piece))
        await new Promise(setImmediate)
      }
      close()
      expect(Buffer.concat(pieces).equals(object)).toBe(true)
    }
    expect(connections.size).toBe(1)
  },
)

test('a certificate that nobody vouches for is refused', async () => {
  const { port } = await serveTls()
  setDefaultCACertificates(getCACertificates('bundled'))
  const wires = new Wires()
  onTestFinished(() => wires.close())
  const { signal } = new AbortController()
  const wanted = { headers: {}, blocks: new Blocks(), signal }
  await expect(wires.get(`https://localhost:${port}/`, wanted)).rejects.toThrow('self-signed certificate')
})
