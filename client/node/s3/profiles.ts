import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

export type Profile = ReadonlyMap<string, string>

/** `[default]` in both files; others are `[profile NAME]` in the config file. */
const CONFIG_PROFILE = /^(?:profile\s+(.+)|(default))$/

/**
 * The files that the AWS CLI and the SDKs share.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
 */
export function sharedFiles(environment: NodeJS.ProcessEnv): { credentials: string; config: string } {
  const { AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE } = environment
  const folder = join(environment.HOME || homedir(), '.aws')
  return {
    credentials: AWS_SHARED_CREDENTIALS_FILE || join(folder, 'credentials'),
    config: AWS_CONFIG_FILE || join(folder, 'config'),
  }
}

/** Of both files: what the credentials file says counts. A file that cannot be read has none. */
export async function readProfiles(environment: NodeJS.ProcessEnv): Promise<Map<string, Profile>> {
  const { credentials, config } = sharedFiles(environment)
  const [first, then] = await Promise.all([readText(config), readText(credentials)])
  return merge(profilesOfConfig(first), parseSections(then))
}

/**
 * `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's region in the config file, or us-east-1. As with the AWS CLI, a profile that is named
 * does not outweigh the environment's region.
 * @param profile @default `AWS_PROFILE`, or `default`
 */
export function defaultRegion(
  profile: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const { AWS_REGION, AWS_DEFAULT_REGION } = environment
  return AWS_REGION || AWS_DEFAULT_REGION || profileRegion(profile, environment) || 'us-east-1'
}

function profileRegion(profile: string | undefined, environment: NodeJS.ProcessEnv): string | undefined {
  const name = profile || environment.AWS_PROFILE || 'default'
  try {
    return profilesOfConfig(readFileSync(sharedFiles(environment).config, 'utf8'))
      .get(name)
      ?.get('region')
  } catch {
    return undefined
  }
}

/**
 * Lines of `name = value` under `[section]`; what follows white space and `#` or `;` is a comment.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function parseSections(text: string): Map<string, Profile> {
  const sections = new Map<string, Map<string, string>>()
  let current: Map<string, string> | undefined
  for (const line of text.split(/\r?\n/)) {
    const said = line.replace(/(^|\s)[#;].*/, '').trim()
    const section = /^\[\s*([^\]]+?)\s*\]$/.exec(said)?.[1]
    const setting = /^([^=\s]+)\s*=\s*(.*)$/.exec(said)
    if (section !== undefined) {
      current = sections.get(section) ?? new Map()
      sections.set(section, current)
    } else if (setting) current?.set(setting[1] ?? '', setting[2] ?? '')
  }
  return sections
}

function profilesOfConfig(text: string): Map<string, Profile> {
  return new Map(
    [...parseSections(text)].flatMap(([section, settings]) => {
      const [, named, byDefault] = CONFIG_PROFILE.exec(section) ?? []
      const name = named ?? byDefault
      return name === undefined ? [] : [[name, settings]]
    }),
  )
}

function merge(...all: Map<string, Profile>[]): Map<string, Profile> {
  const merged = new Map<string, Profile>()
  for (const [name, settings] of all.flatMap((profiles) => [...profiles])) {
    merged.set(name, new Map([...(merged.get(name) ?? []), ...settings]))
  }
  return merged
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
