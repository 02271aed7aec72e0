import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CredentialsError, type CredentialsProvider } from './credentials.ts'

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
  const path = environment.AWS_SHARED_CREDENTIALS_FILE || join(homedir(), '.aws', 'credentials')
  const name = profile || environment.AWS_PROFILE || 'default'
  return async () => {
    const section = parseProfiles(await readProfiles(path)).get(name)
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

async function readProfiles(path: string): Promise<string> {
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

/** Lines of `name = value` under `[profile]`; what follows white space and `#` or `;` is a comment. */
function parseProfiles(text: string): Map<string, Map<string, string>> {
  const profiles = new Map<string, Map<string, string>>()
  let current: Map<string, string> | undefined
  for (const line of text.split(/\r?\n/)) {
    const said = line.replace(/(^|\s)[#;].*/, '').trim()
    const section = /^\[\s*([^\]]+?)\s*\]$/.exec(said)?.[1]
    const setting = /^([^=\s]+)\s*=\s*(.*)$/.exec(said)
    if (section !== undefined) {
      current = profiles.get(section) ?? new Map()
      profiles.set(section, current)
    } else if (setting) current?.set(setting[1] ?? '', setting[2] ?? '')
  }
  return profiles
}
