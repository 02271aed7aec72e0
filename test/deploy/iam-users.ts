import { callAws, queryCall, signed } from './aws.ts'
import type { EmulatedStack } from './emulator-gaps.ts'
import { apiHost } from './stage.ts'

export interface User {
  /** Calls the deployed API, signed. */
  ask(
    apiUrl: string,
    method: string,
    path: string,
    body: object,
  ): Promise<{ status: number; body: { key?: string } }>
  /** The same, with something else about the credentials. */
  with(credentials: { secretAccessKey: string }): User
}

/** Makes a user of the account, who may invoke the stack's API or may do nothing. */
export async function createUser(
  { endpoint, apiId }: EmulatedStack,
  name: string,
  { mayInvoke }: { mayInvoke: boolean },
): Promise<User> {
  const iam = (parameters: Record<string, string>) =>
    callAws(endpoint, queryCall('iam', '2010-05-08', { UserName: name, ...parameters }))
  await iam({ Action: 'CreateUser' })
  if (mayInvoke) {
    const statement = {
      Effect: 'Allow',
      Action: 'execute-api:Invoke',
      Resource: `arn:aws:execute-api:*:*:${apiId}/*`,
    }
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    await iam({ Action: 'PutUserPolicy', PolicyName: 'Invoke', PolicyDocument })
  }
  const answer = await iam({ Action: 'CreateAccessKey' })
  const [, accessKeyId = ''] = /<AccessKeyId>([^<]+)/.exec(answer) ?? []
  const [, secretAccessKey = ''] = /<SecretAccessKey>([^<]+)/.exec(answer) ?? []
  return userOf(apiHost(apiId), { accessKeyId, secretAccessKey })
}

function userOf(host: string, credentials: { accessKeyId: string; secretAccessKey: string }): User {
  return {
    async ask(apiUrl, method, path, json) {
      const body = JSON.stringify(json)
      const url = `https://${host}${path}`
      const headers = signed({ service: 'execute-api', method, url, body, credentials })
      const response = await fetch(new URL(path, apiUrl), { method, headers, body })
      return { status: response.status, body: await response.json() }
    },
    with: (changed) => userOf(host, { ...credentials, ...changed }),
  }
}
