import { type CredentialsProvider, environmentCredentials } from './credentials.ts'
import { sharedCredentialsFile } from './credentials-file.ts'

/**
 * As the AWS CLI does it: a profile that is named comes first, then the environment's keys, then the profile of `AWS_PROFILE` or
 * `default`, in the shared credentials file.
 */
export function defaultCredentials(
  profile?: string,
  environment: NodeJS.ProcessEnv = process.env,
): CredentialsProvider {
  const named = profile ? undefined : environmentCredentials(environment)
  return named ?? sharedCredentialsFile(profile, environment)
}
