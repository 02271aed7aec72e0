import { ApiError, NetworkError, NotPartwayError, StalledError, StoreError } from '../client/errors.ts'
import { problemOf } from './explain.ts'
import type { Problem } from './upload-queue.ts'

/** What was found out holds for so long: many parts fail at once, and each asks. */
const FRESH_MS = 5_000
const PATIENCE_MS = 10_000
const EVENT_MS = 50
/** Begins what client/bearer.ts says where a token could not be had: it looks like a network that is gone to the client, too. */
const NO_TOKEN = 'Expected a token'

const findings = new Map<string, { readonly at: number; readonly problem: Promise<Problem | undefined> }>()

/**
 * What keeps an upload from going on, where that can be said better than the error does: to a page, a server that CORS or a
 * policy keeps it from looks the same as a network that is gone. Asks the servers, so it is loaded once something has failed.
 * @param endpoint of the API
 * @returns `undefined` where nothing better is known
 */
export async function diagnose(error: unknown, endpoint: string): Promise<Problem | undefined> {
  if (error instanceof StoreError || error instanceof ApiError) {
    const problem = problemOf(error)
    return problem.code === 'quota' ? problem : undefined
  }
  const isNetworks = error instanceof NetworkError && !(error instanceof StalledError)
  if (!(isNetworks || error instanceof NotPartwayError) || !navigator.onLine) return undefined
  if (error.message.startsWith(NO_TOKEN)) {
    return retry(
      'no-token',
      'Whoever signs you in does not answer, so there is nothing to show to the server. Check your network, then retry.',
    )
  }
  const address = isNetworks ? error.address : undefined
  const { origin } = new URL(address ?? endpoint)
  const known = findings.get(origin)
  if (known && performance.now() - known.at < FRESH_MS) return known.problem
  const problem = address ? whyNotTheStore(address) : whyNotTheApi(endpoint)
  findings.set(origin, { at: performance.now(), problem })
  return problem
}

async function whyNotTheApi(endpoint: string): Promise<Problem | undefined> {
  const { origin, pathname } = new URL(endpoint)
  const base = origin + pathname.replace(/\/+$/, '')
  const answer = await ask(`${base}/`, { headers: { accept: 'application/json' } })
  if (!answer) return whySilent('server', endpoint)
  const text = await answer.text().catch(() => '')
  if (answer.status >= 500 || (answer.ok && text.includes('"maxObjectSize"'))) return undefined
  const type = answer.headers.get('content-type') ?? ''
  const what = type.includes('html')
    ? 'a web page'
    : type.includes('json')
      ? 'some other JSON'
      : 'something else'
  return retry(
    'not-partway',
    `At ${base}, ${what} came (${answer.status}) instead of a Partway API. Either this network wants a sign-in first, or whoever runs this page has to mend its endpoint.`,
  )
}

/** @param address of an object */
async function whyNotTheStore(address: string): Promise<Problem | undefined> {
  // Nothing comes of it: it is not signed, and there is no such upload. It asks for leave as a part does.
  const answer = await ask(`${address}?partNumber=1&uploadId=none`, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream', 'if-none-match': '*' },
  })
  return answer ? undefined : whySilent('storage', address)
}

/** The page can read no answer from there. */
async function whySilent(who: string, url: string): Promise<Problem | undefined> {
  const { origin, host, protocol } = new URL(url)
  const page = location.origin
  const outcome = await knock(url)
  if (outcome === 'there') {
    return retry(
      'cors',
      `The ${who} at ${host} does not let this page in: its CORS rules leave out ${page}. Whoever runs it has to add that to its allowed origins.`,
    )
  }
  if (outcome === 'forbidden') {
    return retry(
      'csp',
      `This page may not talk to the ${who} at ${origin}: its Content-Security-Policy leaves that out. Whoever runs the page has to add it to connect-src.`,
    )
  }
  if (location.protocol === 'https:' && protocol === 'http:') {
    return retry(
      'insecure',
      `This page came over https, and may not talk to the ${who} at ${origin}, which does without. Whoever runs it has to give it https.`,
    )
  }
  if (origin === page || !(await ask(page, { method: 'HEAD' }))) return undefined
  return retry(
    'unreachable',
    `The ${who} at ${host} cannot be reached, though the network is there. It may be down; or a firewall, a VPN or an extension of this browser keeps you from it.`,
  )
}

/** @returns an answer that the page can read; with `no-cors`, whether there is one */
async function ask(url: string, init?: RequestInit): Promise<Response | undefined> {
  try {
    return await fetch(url, {
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...init,
    })
  } catch {
    return undefined
  }
}

/** Whether anybody answers there, readable or not; `forbidden`: the page's own policy keeps it from asking. */
async function knock(url: string): Promise<'there' | 'forbidden' | 'silent'> {
  let forbidden = false
  const { origin } = new URL(url)
  const onViolation = ({ blockedURI, effectiveDirective }: SecurityPolicyViolationEvent) => {
    forbidden ||= effectiveDirective === 'connect-src' && blockedURI.startsWith(origin)
  }
  document.addEventListener('securitypolicyviolation', onViolation)
  const there = await ask(url, { method: 'HEAD', mode: 'no-cors' })
  // The event may come after the refusal.
  if (!there) await new Promise((resolve) => setTimeout(resolve, EVENT_MS))
  document.removeEventListener('securitypolicyviolation', onViolation)
  return there ? 'there' : forbidden ? 'forbidden' : 'silent'
}

const retry = (code: string, sentence: string): Problem => ({ code, sentence, action: 'retry' })
