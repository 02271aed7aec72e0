import { Stack } from 'aws-cdk-lib'
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'

const NAMESPACE = 'Partway'

/** A metric of those that the functions emit, for all Partway constructs of the stack together. */
export function uploadMetric(scope: Construct, metricName: string, options: MetricOptions = {}): Metric {
  return new Metric({
    namespace: NAMESPACE,
    metricName,
    dimensionsMap: { Stack: metricsStack(scope) },
    statistic: Stats.SUM,
    ...options,
  }).attachTo(scope)
}

/** The `Stack` dimension, which the functions are told. */
export function metricsStack(scope: Construct): string {
  return Stack.of(scope).stackName
}
