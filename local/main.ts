import { type LocalAws, type LocalAwsOptions, ROOT_CREDENTIALS, startLocalAws } from './aws.ts'
import { DataDirectoryInUse } from './lock.ts'
import { readSettings, SettingError } from './settings.ts'

/** `npm start`: the stack on this machine, until it is told to stop. */

const USAGE_ERROR = 2
const SIGN_IN = {
  none: () => 'No sign-in',
  jwt: (issuerUrl: string) => `Sign-in by ${issuerUrl}`,
  iam: () => 'Requests are signed with the AWS credentials below',
}

const stop = new AbortController()
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort(name))

process.exitCode = await main(stop.signal)
process.exit()

/** @returns the exit code */
async function main(signal: AbortSignal): Promise<number> {
  let settings: LocalAwsOptions | undefined
  try {
    settings = readSettings(process.env)
    const aws = await startLocalAws({ ...settings, signal })
    console.log(welcome(settings, aws))
    await aborted(signal)
    await aws.close()
    return 0
  } catch (error) {
    if (signal.aborted) return 0
    console.error(explain(error, settings))
    return error instanceof SettingError ? USAGE_ERROR : 1
  }
}

function welcome(
  { dataDirectory, auth = 'none' }: LocalAwsOptions,
  { apiUrl, s3Url, issuerUrl }: LocalAws,
): string {
  const { accessKeyId, secretAccessKey } = ROOT_CREDENTIALS
  return `
Partway on this machine: a tool for development, not for production. ${SIGN_IN[auth](issuerUrl ?? '')}; it listens on loopback only.

  page   ${apiUrl}
  API    ${apiUrl}    try: curl ${apiUrl}
  S3     ${s3Url}    AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey} AWS_REGION=us-east-1
  data   ${dataDirectory}

ready  ${apiUrl}  (S3 on ${s3Url})`
}

function explain(error: unknown, settings: LocalAwsOptions | undefined): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE' && 'port' in error) {
    const variables = { [settings?.s3Port ?? '']: 'S3_PORT', [settings?.oidcPort ?? '']: 'OIDC_PORT' }
    const variable = variables[String(error.port)] ?? 'PORT'
    return `Port ${error.port} is in use by another program; stop that, or set ${variable} to another port.`
  }
  // What the user or the system did wrong needs no stack.
  const expected = error instanceof SettingError || error instanceof DataDirectoryInUse || 'syscall' in error
  return expected ? error.message : (error.stack ?? error.message)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
