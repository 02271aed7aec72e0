/** `https://{api}.execute-api.{region}.amazonaws.com` */
const GATEWAY_HOST = /\.execute-api\.([a-z0-9-]+)\.amazonaws\.(?:com|com\.cn|eu)$/

/** The region that calls of an API are signed for. */
export function apiRegion(url: string | URL, environment: NodeJS.ProcessEnv = process.env): string {
  const [, region] = GATEWAY_HOST.exec(new URL(url).hostname) ?? []
  return region ?? (environment.AWS_REGION || environment.AWS_DEFAULT_REGION || 'us-east-1')
}
