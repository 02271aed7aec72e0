import { CredentialsError, type CredentialsProvider, environmentCredentials } from './credentials.ts'
import { defaultRegion, type Profile, readProfiles, sharedFiles } from './profiles.ts'
import { sdkChain } from './sdk-chain.ts'

/**
 * As the AWS CLI does it: a profile that is named comes first, then the environment's keys, then the profile of `AWS_PROFILE` or
 * `default`. Keys that stand in a profile are read here; for whatever else there is (SSO, roles, processes, web identities, containers,
 * instances) the AWS SDK's chain is loaded, which reads the process's own environment.
 */
export function defaultCredentials(
  profile?: string,
  environment: NodeJS.ProcessEnv = process.env,
  chainOf: typeof sdkChain = sdkChain,
): CredentialsProvider {
  const named = profile ? undefined : environmentCredentials(environment)
  return named ?? profileCredentials(profile || environment.AWS_PROFILE || undefined, environment, chainOf)
}

/** @param asked the profile that somebody has named */
function profileCredentials(
  asked: string | undefined,
  environment: NodeJS.ProcessEnv,
  chainOf: typeof sdkChain,
): CredentialsProvider {
  const { credentials: filepath, config: configFilepath } = sharedFiles(environment)
  const files = `${filepath} and ${configFilepath}`
  let chain: Promise<CredentialsProvider | undefined> | undefined

  return async (options) => {
    const profiles = await readProfiles(environment)
    const profile = profiles.get(asked ?? 'default')
    if (asked && !profile) throw unknownProfile(asked, [...profiles.keys()], files)
    const keys = profile && keysOf(profile)
    if (keys) return keys
    chain ??= chainOf({ profile: asked, filepath, configFilepath, region: defaultRegion(asked, environment) })
    const provider = await chain
    if (!provider) throw notFound(asked, files, WITHOUT_SDK)
    try {
      return await provider(options)
    } catch (cause) {
      throw notFound(asked, files, reasonOf(cause), cause)
    }
  }
}

/** A profile with a role is assumed by way of its keys. */
function keysOf(profile: Profile) {
  const accessKeyId = profile.get('aws_access_key_id')
  const secretAccessKey = profile.get('aws_secret_access_key')
  const sessionToken = profile.get('aws_session_token')
  if (!accessKeyId || !secretAccessKey || profile.has('role_arn')) return undefined
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}

const WITHOUT_SDK =
  'That is all that can be read without the package @aws-sdk/credential-provider-node, which SSO, roles and processes need: npm install it.'
/** The chain's own, where none of its links had any. */
const NO_LINK = 'Could not load credentials from any providers'

function reasonOf(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : String(error)
  return message === NO_LINK ? undefined : `${message.replace(/\.$/, '')}.`
}

function notFound(
  asked: string | undefined,
  files: string,
  reason: string | undefined,
  cause?: unknown,
): CredentialsError {
  if (asked && reason && reason !== WITHOUT_SDK) {
    return new CredentialsError(`Expected AWS credentials of the profile ${asked}, got none. ${reason}`, {
      cause,
    })
  }
  const looked = asked
    ? `the profile ${asked} in ${files}`
    : `AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the profile default in ${files}`
  const roles = reason === WITHOUT_SDK ? '' : ', and the roles of a web identity, a container and an instance'
  return new CredentialsError(
    `Expected AWS credentials, got none. Looked at ${looked}${roles}. ${reason ? `${reason} ` : ''}` +
      'Run aws configure or aws sso login, name another profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
    { cause },
  )
}

function unknownProfile(name: string, known: string[], files: string): CredentialsError {
  const there = known.length > 0 ? `those there are ${known.join(', ')}` : 'there are none'
  return new CredentialsError(
    `Expected the profile ${name} in ${files}, got no such profile: ${there}. Name one of them, or make it by aws configure --profile ${name}.`,
  )
}
