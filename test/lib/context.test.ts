import { App } from 'aws-cdk-lib'
import { expect, test } from 'vitest'
import { readContext } from '../../lib/context.ts'

const read = (context: Record<string, unknown>) => readContext(new App({ context }).node)

test('without context, callers are IAM’s and no page is let in', () => {
  expect(read({})).toEqual({ auth: 'iam', origins: [] })
})

test('every value is read into its unit', () => {
  const origins = 'https://www.example.com, http://localhost:8080'
  expect(
    read({ auth: 'none', origins, maxObjectSize: '5GiB', urlLifetime: '900', abortAfterDays: 3 }),
  ).toEqual({
    auth: 'none',
    origins: ['https://www.example.com', 'http://localhost:8080'],
    maxObjectSize: 5_368_709_120,
    urlLifetime: 900,
    abortAfterDays: 3,
  })
})

test.each([
  ['1', 1],
  ['10 MiB', 10_485_760],
  ['48TiB', 52_776_558_133_248],
  ['53687091200000', 53_687_091_200_000],
])('maxObjectSize=%s is %i bytes', (maxObjectSize, bytes) => {
  expect(read({ maxObjectSize }).maxObjectSize).toBe(bytes)
})

test.each<[Record<string, unknown>, RegExp]>([
  [{ auth: 'nobody' }, /auth: expected iam or none, got "nobody".*-c auth=iam/],
  [{ auth: 'none' }, /auth=none.*expected -c origins=https:\/\/www\.example\.com, got none/],
  [{ auth: 'none', origins: '*' }, /auth=none.*got \*/],
  [{ origins: 'www.example.com' }, /origins: expected a scheme and a host.*got "www\.example\.com"/],
  [{ origins: 'https://www.example.com/' }, /no path, got "https:\/\/www\.example\.com\/"/],
  [{ origins: 'ftp://example.com' }, /origins: expected/],
  [{ maxObjectSize: '5 TB' }, /maxObjectSize: expected.*got "5 TB"/],
  [{ maxObjectSize: '0' }, /maxObjectSize: expected/],
  [{ maxObjectSize: '53687091200001' }, /maxObjectSize: expected/],
  [{ urlLifetime: '30' }, /urlLifetime: expected a whole number of seconds from 60 to 3600, got "30"/],
  [{ urlLifetime: '1h' }, /urlLifetime: expected/],
  [{ abortAfterDays: '1.5' }, /abortAfterDays: expected a whole number of days/],
  [{ orgins: 'https://www.example.com' }, /got orgins\. Did you mean -c origins=/],
  [{ 'max-object-size': '5GiB' }, /Did you mean -c maxObjectSize=/],
])('%j is refused, with what to write', (context, message) => {
  expect(() => read(context)).toThrow(message)
})

test('context that is not ours passes', () => {
  expect(
    read({ '@aws-cdk/core:checkSecretUsage': true, 'availability-zones:account': [], team: 'films' }),
  ).toEqual({
    auth: 'iam',
    origins: [],
  })
})
