import { Duration } from 'aws-cdk-lib'
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type Metric,
  type MetricOptions,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import type { UploadApi } from './upload-api.ts'
import type { UploadFunction } from './upload-function.ts'

export interface UploadDashboardProps {
  readonly api: UploadApi
  readonly alarms: readonly Alarm[]
  /** Counts of uploads, each a line. */
  readonly uploads: readonly Metric[]
  readonly bytes: Metric
}

/** CloudWatch lays out 24 columns. */
const HALF = 12
const WHOLE = 24

/** What the stack does, from the people's side down to the functions'. */
export class UploadDashboard extends Dashboard {
  constructor(scope: Construct, id: string, { api, alarms, uploads, bytes }: UploadDashboardProps) {
    const { httpApi, functions } = api
    const perOperation = (title: string, metricOf: (handler: UploadFunction) => Metric) =>
      graph(
        title,
        Object.entries(functions).map(([label, handler]) => metricOf(handler).with({ label })),
      )
    const latency = (percent: number): MetricOptions => ({ statistic: Stats.percentile(percent) })

    super(scope, id, {
      defaultInterval: Duration.days(1),
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: WHOLE })],
        [graph('Uploads', uploads), graph('Bytes completed', [bytes])],
        [
          perOperation('Calls', (handler) => handler.metricInvocations()),
          graph('Answers of the API that are errors', [
            httpApi.metricClientError({ label: '4xx' }),
            httpApi.metricServerError({ label: '5xx' }),
          ]),
        ],
        [
          perOperation('Milliseconds: p50', (handler) => handler.metricDuration(latency(50))),
          perOperation('Milliseconds: p99', (handler) => handler.metricDuration(latency(99))),
        ],
        [
          perOperation('Errors of functions', (handler) => handler.metricErrors()),
          perOperation('Throttles of functions', (handler) => handler.metricThrottles()),
        ],
      ],
    })
  }
}

function graph(title: string, metrics: readonly IMetric[]): GraphWidget {
  return new GraphWidget({ title, left: [...metrics], width: HALF, leftYAxis: { min: 0, showUnits: false } })
}
