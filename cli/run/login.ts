import { createApi } from '../../client/api.ts'
import { NetworkError, PartwayError } from '../../client/errors.ts'
import { nodeWakes } from '../../client/node/wakes.ts'
import { type Invocation, UsageError } from '../command.ts'
import { storeOf, TOKEN_VARIABLE, tokenOf } from '../credentials.ts'
import { EXIT } from '../exit-codes.ts'
import { exitCodeOf, explain } from '../explain.ts'
import { describeSignIn, logOut } from '../login.ts'
import { signInByBrowser } from '../login-browser.ts'
import { type DeviceCode, signInByCode } from '../login-device.ts'
import { discover, type Issuer, reasonOf } from '../login-issuer.ts'
import { placeOf } from '../place.ts'
import { apiName, type KeptTokens, keep } from '../tokens.ts'

export async function run(invocation: Invocation): Promise<number> {
  const { operands, flags, output, signal } = invocation
  if (operands.length > 0) throw new UsageError(`Expected no operands, got ${operands.join(' ')}.`)
  const place = placeOf(invocation, [])
  if (place.kind !== 'api') throw new UsageError('Expected an API, got an s3:// place.')
  if (flags.status && flags.logout) throw new UsageError('Expected --status or --logout, got both.')
  const api = apiName(place.url)
  try {
    if (flags.status) return await status(invocation, api)
    if (flags.logout) return await logout(invocation, api)
    return await logIn(invocation, api)
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted
    output.error(error instanceof PartwayError ? explain(error) : `Nobody is signed in: ${reasonOf(error)}.`)
    return error instanceof NetworkError ? exitCodeOf(error) : EXIT.failed
  }
}

async function status(invocation: Invocation, api: string): Promise<number> {
  const kept = await storeOf(invocation).read(api)
  if (tokenOf(invocation)) invocation.output.result(`${TOKEN_VARIABLE} is set, and goes first.`)
  invocation.output.result(describeSignIn(kept, api))
  tell(invocation, api, kept)
  return kept || tokenOf(invocation) ? EXIT.done : EXIT.failed
}

async function logout(invocation: Invocation, api: string): Promise<number> {
  const { output } = invocation
  const wasKept = await logOut(storeOf(invocation), api)
  tell(invocation, api, undefined)
  output.note(wasKept ? `Signed out of ${api}.` : `Nobody was signed in to ${api}.`)
  return EXIT.done
}

async function logIn(invocation: Invocation, api: string): Promise<number> {
  const { output, signal } = invocation
  const { auth, issuer, clientId } = await createApi({ url: api, wakes: nodeWakes }).describe(signal)
  if (auth === 'iam') {
    output.error(
      `${api} takes AWS credentials in place of a sign-in (auth iam). Run aws configure or aws sso login.`,
    )
    return EXIT.failed
  }
  if (!issuer || !clientId) {
    output.note(`${api} takes everybody: there is nothing to sign in to.`)
    return EXIT.done
  }
  const kept = await signIn(invocation, api, { issuer, clientId })
  output.note(`Signed in to ${api}${kept.name ? ` as ${kept.name}` : ''}.`)
  tell(invocation, api, kept)
  if (tokenOf(invocation)) output.note(`${TOKEN_VARIABLE} is set, and goes first: unset it.`)
  return EXIT.done
}

/** For scripts: nothing that signs anybody in. */
function tell({ output }: Invocation, api: string, kept: KeptTokens | undefined): void {
  const signedIn = kept !== undefined
  output.event('sign-in', {
    api,
    signedIn,
    ...(kept && { user: kept.name, renewable: kept.refreshToken !== undefined, expiresAt: kept.expiresAt }),
  })
}

async function signIn(invocation: Invocation, api: string, issuer: Issuer): Promise<KeptTokens> {
  const { output, signal } = invocation
  const discovered = await discover(issuer)
  const showCode = ({ url, completeUrl, code }: DeviceCode) => {
    output.event('sign-in-wanted', { api, url: completeUrl ?? url, code })
    output.error(
      `Open ${url} and type the code ${code}${completeUrl ? `,\nor open ${completeUrl}` : ''}.\nWaiting for you to sign in.`,
    )
  }
  const showPage = (url: string) => {
    output.event('sign-in-wanted', { api, url })
    output.error(
      `Open in a browser on this machine:\n${url}\n` +
        'Waiting for you to sign in. Where the page says that the redirect is not allowed, the issuer has to let command lines in: ' +
        `a stack with auth cognito by -c commandLine=true; or set ${TOKEN_VARIABLE} to a token.`,
    )
  }
  const answer =
    (await signInByCode(discovered, showCode, signal)) ??
    (await signInByBrowser(discovered, { show: showPage, signal }))
  const kept = keep(answer, { api, ...issuer })
  await storeOf(invocation).write(kept)
  return kept
}
