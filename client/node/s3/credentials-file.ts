import { readFile } from 'node:fs/promises'
import { CredentialsError, type CredentialsProvider } from './credentials.ts'
import { parseSections, sharedFiles } from './profiles.ts'

/**
 * A profile of the shared credentials file, `AWS_SHARED_CREDENTIALS_FILE` or `~/.aws/credentials`. Read each time: whatever writes fresh
 * ones there is noticed.
 * @param profile @default `AWS_PROFILE`, or `default`
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function sharedCredentialsFile(
  profile?: string,
  environment: NodeJS.ProcessEnv = process.env,
): CredentialsProvider {
  const { credentials: path } = sharedFiles(environment)
  const name = profile || environment.AWS_PROFILE || 'default'
  return async () => {
    const section = parseSections(await readText(path)).get(name)
    const accessKeyId = section?.get('aws_access_key_id')
    const secretAccessKey = section?.get('aws_secret_access_key')
    const sessionToken = section?.get('aws_session_token')
    if (!accessKeyId || !secretAccessKey) {
      throw new CredentialsError(
        `Expected aws_access_key_id and aws_secret_access_key of the profile ${name} in ${path}, got ${section ? 'not both' : 'no such profile'}. ` +
          'Write them there, name another profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
      )
    }
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new CredentialsError(
      `Expected AWS credentials in ${path}, could not read it (${(cause as NodeJS.ErrnoException).code}). ` +
        'Write them there, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
      { cause },
    )
  }
}
