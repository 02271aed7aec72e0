import { Duration, Stack } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, type Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import type { UploadApi } from './upload-api.ts'

export interface UploadAlarmsProps {
  readonly api: UploadApi
  readonly uploadsFailed: Metric
  /** Who is written to; nobody where there is none. */
  readonly email: string | undefined
}

/** A condition that wants a person, and the heading of docs/operations.md that says what they do. */
interface Condition {
  readonly metric: Metric
  readonly says: string
  readonly anchor: string
  /** The least value that is one too many. */
  readonly threshold: number
  /** Of how many periods how many reach the threshold. */
  readonly lasting?: { readonly datapointsToAlarm: number; readonly evaluationPeriods: number }
}

const PERIOD = Duration.minutes(5)
/** What retries ride out is over by then. */
const TWO_OF_THREE = { datapointsToAlarm: 2, evaluationPeriods: 3 }

/**
 * A complete that outlasts the gateway is a 503 every 30 s until it is done: at most 10 in 5 minutes, and nobody's fault.
 * An outage makes more: a client that meets one asks six times.
 */
const SERVER_ERRORS = 11
/** Of the 15 minutes after which Lambda ends it, four fifths. */
const LONG_COMPLETE = Duration.minutes(12)
/** One file that changed while it was sent fails once, and a few times more when it is tried again. */
const FAILED_UPLOADS = 5
const FAILED_UPLOADS_PERIOD = Duration.minutes(15)

/**
 * What goes off when something wants a person. Functions have an alarm each rather than one over their sum, which costs the
 * same (CloudWatch charges an alarm by its metrics), takes ten metrics at most, and would not say which of them it is.
 */
export class UploadAlarms extends Construct {
  readonly alarms: readonly Alarm[]

  constructor(scope: Construct, id: string, { api, uploadsFailed, email }: UploadAlarmsProps) {
    super(scope, id)
    this.alarms = Object.entries(conditionsOf(api, uploadsFailed)).map(([name, condition]) =>
      this.#createAlarm(name, condition),
    )
    if (email) this.#notify(email)
  }

  #createAlarm(name: string, { metric, says, anchor, threshold, lasting }: Condition): Alarm {
    return new Alarm(this, name, {
      alarmDescription: `Partway: ${says}. What to do: docs/operations.md#${anchor}`,
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      ...lasting,
      // No calls, no data points: nobody uploads, which is fine.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
  }

  #notify(email: string): void {
    const topic = new Topic(this, 'Topic', { displayName: 'Partway', enforceSSL: true })
    // The statement that asks for TLS replaces SNS's own policy, by which the account's alarms may publish.
    topic.grantPublish(
      new ServicePrincipal('cloudwatch.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    )
    topic.addSubscription(new EmailSubscription(email))
    const action = new SnsAction(topic)
    for (const alarm of this.alarms) {
      alarm.addAlarmAction(action)
      alarm.addOkAction(action)
    }
  }
}

/** By construct id, which is a contract: a changed one replaces the alarm. */
function conditionsOf({ httpApi, functions }: UploadApi, uploadsFailed: Metric): Record<string, Condition> {
  const perFunction = Object.entries(functions).flatMap(([route, handler]): [string, Condition][] => [
    [
      `${handler.node.id}Errors`,
      {
        // A function answers even its own bugs, with a 500: what counts here never got that far.
        metric: handler.metricErrors({ period: PERIOD }),
        says: `${route} crashed, or ran out of time or memory`,
        anchor: 'function-errors',
        threshold: 1,
      },
    ],
    [
      `${handler.node.id}Throttles`,
      {
        metric: handler.metricThrottles({ period: PERIOD }),
        says: `${route} was called more often at once than the account's Lambda concurrency allows`,
        anchor: 'function-throttles',
        threshold: 1,
        lasting: TWO_OF_THREE,
      },
    ],
  ])
  return {
    ...Object.fromEntries(perFunction),
    ServerErrors: {
      metric: httpApi.metricServerError({ period: PERIOD }),
      says: 'the API answers 5xx',
      anchor: 'server-errors',
      threshold: SERVER_ERRORS,
      lasting: TWO_OF_THREE,
    },
    LongComplete: {
      metric: functions.complete.metricDuration({ period: PERIOD, statistic: Stats.MAXIMUM }),
      says: 'complete took nearly all of the time that it has',
      anchor: 'long-complete',
      threshold: LONG_COMPLETE.toMilliseconds(),
    },
    FailedUploads: {
      metric: uploadsFailed.with({ period: FAILED_UPLOADS_PERIOD }),
      says: 'S3 refuses to complete uploads, or does not answer',
      anchor: 'failed-uploads',
      threshold: FAILED_UPLOADS,
    },
  }
}
