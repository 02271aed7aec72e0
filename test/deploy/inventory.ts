import { type AwsCall, callAws, queryCall } from './aws.ts'

/** What stands in an account: the names of its resources, by kind. */
export type Inventory = Readonly<Record<Kind, readonly string[]>>

type Kind = keyof typeof LISTS

/** The kinds of resources that have lives of their own, how each is listed, and where the answer has the names. */
const LISTS = {
  buckets: [{ service: 's3', method: 'GET' }, /<Name>([^<]+)/g],
  functions: [
    { service: 'lambda', method: 'GET', path: '/2015-03-31/functions' },
    /"FunctionName": ?"([^"]+)/g,
  ],
  apis: [{ service: 'apigateway', method: 'GET', path: '/v2/apis' }, /"apiId": ?"([^"]+)/g],
  logGroups: [
    {
      service: 'logs',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'Logs_20140328.DescribeLogGroups',
      },
      body: '{}',
    },
    /"logGroupName": ?"([^"]+)/g,
  ],
  userPools: [
    {
      service: 'cognito-idp',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AWSCognitoIdentityProviderService.ListUserPools',
      },
      body: '{"MaxResults":60}',
    },
    /"Id": ?"([^"]+)/g,
  ],
  distributions: [
    { service: 'cloudfront', method: 'GET', path: '/2020-05-31/distribution' },
    /<DistributionSummary><Id>([^<]+)/g,
  ],
  roles: [queryCall('iam', '2010-05-08', { Action: 'ListRoles' }), /<RoleName>([^<]+)/g],
  alarms: [queryCall('monitoring', '2010-08-01', { Action: 'DescribeAlarms' }), /<AlarmName>([^<]+)/g],
  dashboards: [
    queryCall('monitoring', '2010-08-01', { Action: 'ListDashboards' }),
    /<DashboardName>([^<]+)/g,
  ],
  topics: [queryCall('sns', '2010-03-31', { Action: 'ListTopics' }), /<TopicArn>([^<]+)/g],
} satisfies Record<string, [AwsCall, RegExp]>

export async function takeInventory(endpoint: string): Promise<Inventory> {
  const lists = Object.entries(LISTS).map(async ([kind, [call, name]]) => {
    const answer = await callAws(endpoint, call)
    return [kind, Array.from(answer.matchAll(name), ([, found = '']) => found).sort()] as const
  })
  return Object.fromEntries(await Promise.all(lists)) as Record<Kind, string[]>
}
