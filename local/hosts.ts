import type { RequestListener } from 'node:http'

/** Names below `localhost` are loopback, too (RFC 6761): `bucket.localhost`. */
const LOOPBACK = /^((.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\])\.?$/i

/**
 * Whether a `Host` may be asked for. A page of the Web can give its own name the address 127.0.0.1, and is then of one origin with
 * whatever answers there (DNS rebinding); but it cannot have the browser send another `Host` than that name.
 * @param allowed besides loopback
 */
export function isAllowedHost(host: string, allowed: readonly string[] = []): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  return LOOPBACK.test(name) || allowed.includes(name)
}

/** For a person who comes by another name on purpose. */
export function refusalOf(host: string): string {
  return `Expected the Host localhost, a name below it, or a loopback address, got ${host}. Where that name is wanted, start with PARTWAY_HOSTS=${host.replace(/:\d+$/, '')}.`
}

/** Answers 403 where the `Host` is not allowed. Clients that send none are no browsers. */
export function onAllowedHosts(
  listener: RequestListener,
  allowed: readonly string[] | undefined,
): RequestListener {
  return (request, response) => {
    const { host } = request.headers
    if (host === undefined || isAllowedHost(host, allowed)) return listener(request, response)
    request.resume()
    response.writeHead(403, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ message: refusalOf(host) }))
  }
}
