import { ErrorResponse, ErrorTimeout } from 'oidc-client-ts'
import { expect, test } from 'vitest'
import { sentenceFor } from '../../web/sign-in-problem.ts'

const RAW = 'x_1 is not a function <b>at</b> 0xdead'

test.each<[unknown, RegExp]>([
  [
    new ErrorResponse({ error: 'access_denied', error_description: RAW }),
    /^Signing in came to nothing \(access_denied\)\. Try again\.$/,
  ],
  [new ErrorResponse({ error: RAW }), /^Signing in came to nothing\. Try again\.$/],
  [new Error('Popup closed by user'), /was closed too soon/],
  [new Error('Popup blocked by user'), /blocked the window/],
  [new Error('Attempted to navigate on a disposed window'), /blocked the window/],
  [new TypeError('Failed to fetch'), /cannot be reached/],
  [new ErrorTimeout('Network timed out'), /cannot be reached/],
  ...[undefined, null, RAW, new Error(RAW), { message: { toString: () => RAW } }].map(
    (odd): [unknown, RegExp] => [odd, /^Signing in came to nothing\. Try again\.$/],
  ),
])('of a sign-in that ends with %o: %s', (error, sentence) => {
  expect(sentenceFor(error)).toMatch(sentence)
  expect(sentenceFor(error)).not.toContain(RAW)
})
