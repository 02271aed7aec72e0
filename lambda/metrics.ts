import { config } from './config.ts'

/** What is counted, and in which unit CloudWatch shows it. */
const UNITS = {
  /** Initiated. */
  UploadsStarted: 'Count',
  /** Made an object by complete; a small file that went in one PUT is not seen again after initiate. */
  UploadsCompleted: 'Count',
  BytesCompleted: 'Bytes',
  UploadsAborted: 'Count',
  /** A complete that S3 refused or did not answer. The upload is kept, so it may be completed later. */
  UploadsFailed: 'Count',
} as const

export type Metric = keyof typeof UNITS

/**
 * Metrics as a line in the log, which CloudWatch reads: no call, no permission, no wait.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emitMetrics(values: { [M in Metric]?: number }): void {
  if (!config.metricsStack) return
  const names = Object.keys(values) as Metric[]
  const Metrics = names.map((Name) => ({ Name, Unit: UNITS[Name] }))
  console.log(
    JSON.stringify({
      _aws: {
        Timestamp: Date.now(),
        CloudWatchMetrics: [{ Namespace: 'Partway', Dimensions: [['Stack']], Metrics }],
      },
      Stack: config.metricsStack,
      ...values,
    }),
  )
}
