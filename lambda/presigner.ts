import { createPresigner } from '../signing/presigner.ts'
import { s3Address } from '../signing/s3-address.ts'
import { config } from './config.ts'

/** Signing without S3's client: what presign needs of S3 is arithmetic, and it starts in a fraction of the time. */

/** The role's credentials, which Lambda puts into the environment: no chain of providers to load and try. */
export const credentials = roleCredentials(process.env)

const { bucket, region, endpoint, accelerate } = config
const place = { region, bucket, endpoint }

/** Signs with the function's own role: a URL allows what the role does, and dies with its session. */
export const presigner = createPresigner({ ...place, accelerate, credentials })

/** The object's URL, unsigned. */
export function objectUrl(key: string): string {
  const address = s3Address(place)
  return address.urlOf(address.pathOf(key))
}

function roleCredentials({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN }: NodeJS.ProcessEnv) {
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new Error('The environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are missing.')
  }
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  }
}
