import { afterEach, expect, test, vi } from 'vitest'
import './environment.ts'

vi.stubEnv('METRICS_STACK', 'Partway')
const { emitMetrics } = await import('../../lambda/metrics.ts')

const output = vi.spyOn(console, 'log').mockImplementation(() => {})
afterEach(() => output.mockClear())

test('metrics are one line of the embedded metric format, by stack', () => {
  emitMetrics({ UploadsCompleted: 1, BytesCompleted: 2_147_483_648 })
  expect(output).toHaveBeenCalledOnce()
  expect(JSON.parse(String(output.mock.calls[0]?.[0]))).toEqual({
    _aws: {
      Timestamp: expect.any(Number),
      CloudWatchMetrics: [
        {
          Namespace: 'Partway',
          Dimensions: [['Stack']],
          Metrics: [
            { Name: 'UploadsCompleted', Unit: 'Count' },
            { Name: 'BytesCompleted', Unit: 'Bytes' },
          ],
        },
      ],
    },
    Stack: 'Partway',
    UploadsCompleted: 1,
    BytesCompleted: 2_147_483_648,
  })
})
