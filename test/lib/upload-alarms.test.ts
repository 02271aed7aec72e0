import { readFile } from 'node:fs/promises'
import { Match } from 'aws-cdk-lib/assertions'
import { expect, test } from 'vitest'
import { PartwayUploads } from '../../lib/index.ts'
import { routes } from '../../protocol/routes.ts'
import { createStack, synthesiseUploads, templateOf } from './synth.ts'

interface AlarmProperties {
  readonly AlarmDescription: string
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[]
  readonly MetricName: string
  readonly Namespace: string
  readonly [name: string]: unknown
}

const ROUTES = Object.keys(routes)
const template = synthesiseUploads()
const email = 'ops@example.com'

test('every function has an alarm for its errors and one for its throttles', () => {
  for (const metric of ['Errors', 'Throttles']) {
    const watched = alarmsOn(metric).map(({ Dimensions }) => describe(Dimensions))
    expect(watched.sort()).toEqual(ROUTES.map((route) => `FunctionName Partway: ${route}`).sort())
  }
})

test('an error is told at once, throttling and 5xx when they last', () => {
  const once = { Threshold: 1, Period: 300, EvaluationPeriods: 1, Statistic: 'Sum' }
  const lasting = { Period: 300, EvaluationPeriods: 3, DatapointsToAlarm: 2, Statistic: 'Sum' }
  for (const alarm of alarmsOn('Errors')) expect(alarm).toMatchObject(once)
  for (const alarm of alarmsOn('Throttles')) expect(alarm).toMatchObject({ ...lasting, Threshold: 1 })
  expect(alarmsOn('5xx')).toEqual([
    expect.objectContaining({
      ...lasting,
      Threshold: 11,
      Namespace: 'AWS/ApiGateway',
      Dimensions: [{ Name: 'ApiId', Value: { Ref: expect.stringMatching(/^UploadsApiHttpApi/) } }],
    }),
  ])
})

test('complete is told about after four fifths of its time', () => {
  const [timeout = 0] = Object.values(template.findResources('AWS::Lambda::Function'))
    .filter(({ Properties }) => Properties.Description === 'Partway: complete')
    .map(({ Properties }) => Properties.Timeout)
  const [alarm, ...others] = alarmsOn('Duration')
  expect(alarm).toMatchObject({ Statistic: 'Maximum', Threshold: timeout * 1000 * 0.8 })
  expect([describe(alarm?.Dimensions ?? []), others]).toEqual(['FunctionName Partway: complete', []])
})

test('failed uploads are those that the functions count, of the stack', () => {
  expect(alarmsOn('UploadsFailed')).toEqual([
    expect.objectContaining({
      Namespace: 'Partway',
      Dimensions: [{ Name: 'Stack', Value: 'Films' }],
      Threshold: 5,
      Period: 900,
    }),
  ])
})

test('silence is no alarm', () => {
  template.allResourcesProperties('AWS::CloudWatch::Alarm', {
    TreatMissingData: 'notBreaching',
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  })
})

test('each says where docs/operations.md has what to do, and the page what they cost', async () => {
  const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase().replaceAll(' ', '-'),
  )
  for (const { AlarmDescription } of alarms()) {
    const [, anchor] = / docs\/operations\.md#(\S+)$/.exec(AlarmDescription) ?? []
    expect(headings).toContain(anchor)
  }
  expect(page).toContain(`${alarms().length} alarms`)
})

test('nobody is written to unless asked for', () => {
  template.resourceCountIs('AWS::SNS::Topic', 0)
  for (const alarm of alarms()) expect(alarm).not.toHaveProperty('AlarmActions')
})

test('an address is written to when an alarm goes off and when it is over', () => {
  const told = synthesiseUploads({ alarmEmail: email })
  told.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: email })
  const topic = { Ref: Match.stringLikeRegexp('^UploadsAlarmsTopic') }
  told.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [topic], OKActions: [topic] })
})

test('the topic takes messages from the alarms of the account, and over TLS only', () => {
  synthesiseUploads({ alarmEmail: email }).hasResourceProperties('AWS::SNS::TopicPolicy', {
    PolicyDocument: {
      Statement: [
        Match.objectLike({
          Effect: 'Deny',
          Action: 'sns:Publish',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
        {
          Effect: 'Allow',
          Action: 'sns:Publish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
          Resource: { Ref: Match.stringLikeRegexp('^UploadsAlarmsTopic') },
        },
      ],
    },
  })
})

test('the dashboard shows the alarms, the uploads, and every operation', () => {
  const stack = createStack()
  const uploads = new PartwayUploads(stack, 'Uploads')
  const [dashboard] = Object.values(templateOf(stack).findResources('AWS::CloudWatch::Dashboard'))
  const { widgets } = JSON.parse(flatten(dashboard?.Properties.DashboardBody))
  const [status, ...graphs]: { properties: { alarms?: unknown[]; title: string; metrics: unknown[][] } }[] =
    widgets
  expect(status?.properties.alarms).toHaveLength(uploads.alarms.length)
  const lines = graphs.map(({ properties: { title, metrics } }) => [
    title,
    metrics.map(([, name, , , options]) => {
      const { label = name, stat } = options as { label?: string; stat?: string }
      return [label, stat].join(' ')
    }),
  ])
  const each = (statistic: string) => ROUTES.map((route) => `${route} ${statistic}`)
  expect(Object.fromEntries(lines)).toEqual({
    Uploads: ['UploadsStarted Sum', 'UploadsCompleted Sum', 'UploadsAborted Sum', 'UploadsFailed Sum'],
    'Bytes completed': ['BytesCompleted Sum'],
    Calls: each('Sum'),
    'Answers of the API that are errors': ['4xx Sum', '5xx Sum'],
    'Milliseconds: p50': each('p50'),
    'Milliseconds: p99': each('p99'),
    'Errors of functions': each('Sum'),
    'Throttles of functions': each('Sum'),
  })
})

function alarms(): AlarmProperties[] {
  return Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties)
}

function alarmsOn(metric: string): AlarmProperties[] {
  return alarms().filter(({ MetricName }) => MetricName === metric)
}

/** A function by its description, for its name is made at deployment. */
function describe(dimensions: AlarmProperties['Dimensions']): string {
  const functions = template.findResources('AWS::Lambda::Function')
  return dimensions
    .map(({ Name, Value }) => {
      const { Ref = '' } = Value as { Ref?: string }
      return `${Name} ${functions[Ref]?.Properties.Description}`
    })
    .join(', ')
}

/** What a body is with something in each place that is filled at deployment. */
function flatten(body: { 'Fn::Join': [string, unknown[]] }): string {
  return body['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'X')).join('')
}
