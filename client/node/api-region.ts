import { defaultRegion } from './s3/profiles.ts'

/** `https://{api}.execute-api.{region}.amazonaws.com` */
const GATEWAY_HOST = /\.execute-api\.([a-z0-9-]+)\.amazonaws\.(?:com|com\.cn|eu)$/

/** The region that calls of an API are signed for: that in the host's name, else as with every other call. */
export function apiRegion(url: string | URL, profile?: string, environment?: NodeJS.ProcessEnv): string {
  const [, region] = GATEWAY_HOST.exec(new URL(url).hostname) ?? []
  return region ?? defaultRegion(profile, environment)
}
