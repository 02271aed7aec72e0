import { resolve } from 'node:path'
import type { LocalAwsOptions } from './aws.ts'

export class SettingError extends Error {
  override name = 'SettingError'
}

/** One day, which a lifecycle rule counts in. */
const DAY_MS = 24 * 60 * 60 * 1000
const MAX_PORT = 65_535
const HOST_NAME = /^([a-z0-9._-]+|\[[0-9a-f:]+\])$/
const ORIGIN = /^https?:\/\/([a-z0-9._-]+|\[[0-9a-f:]+\])(:\d+)?$/

/**
 * What `npm start` is told by its environment.
 *
 * @throws {SettingError} that names the variable
 */
export function readSettings(env: NodeJS.ProcessEnv): LocalAwsOptions {
  const auth = env.PARTWAY_AUTH || 'none'
  if (auth !== 'none' && auth !== 'jwt' && auth !== 'iam') {
    throw new SettingError(
      `Expected PARTWAY_AUTH to be none, jwt or iam, got "${auth}": the local AWS has an OIDC issuer of its own, and no user pool. \`npx cdk deploy\` knows cognito too.`,
    )
  }
  const port = integer('PORT', 8080, 0, MAX_PORT)
  const s3Port = integer('S3_PORT', 8081, 0, MAX_PORT)
  const oidcPort = integer('OIDC_PORT', 8082, 0, MAX_PORT)
  const fixed = [port, s3Port, ...(auth === 'jwt' ? [oidcPort] : [])].filter((taken) => taken !== 0)
  if (new Set(fixed).size < fixed.length) {
    throw new SettingError(
      `Expected PORT, S3_PORT and OIDC_PORT to differ, got ${fixed.join(', ')}; set one to another.`,
    )
  }
  return {
    port,
    s3Port,
    oidcPort,
    auth,
    dataDirectory: resolve(env.PARTWAY_DATA || '.partway'),
    lifecycleDayMs: integer('PARTWAY_LIFECYCLE_DAY_MS', DAY_MS, 1, DAY_MS),
    completeDelayMs: integer('PARTWAY_COMPLETE_DELAY_MS', 0, 0, DAY_MS),
    hosts: list('PARTWAY_HOSTS', HOST_NAME, 'names of hosts without a port'),
    origins: list('PARTWAY_ORIGINS', ORIGIN, 'origins of pages, such as http://localhost:5173'),
    dropPartBytes: flag('PARTWAY_DROP_PART_BYTES'),
  }

  function integer(name: string, byDefault: number, min: number, max: number): number {
    const text = env[name]
    if (!text) return byDefault
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new SettingError(`Expected ${name} to be a whole number from ${min} to ${max}, got "${text}".`)
  }

  function list(name: string, item: RegExp, items: string): string[] {
    const given = (env[name] ?? '').split(',').flatMap((part) => part.trim().toLowerCase() || [])
    const wrong = given.find((part) => !item.test(part))
    if (wrong === undefined) return given
    throw new SettingError(`Expected ${name} to be ${items}, separated by commas, got "${wrong}".`)
  }

  function flag(name: string): boolean {
    const text = env[name] || '0'
    if (text === '0' || text === '1') return text === '1'
    throw new SettingError(`Expected ${name} to be 0 or 1, got "${text}".`)
  }
}
