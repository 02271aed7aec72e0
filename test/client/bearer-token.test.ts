import { expect, test } from 'vitest'
import { bearerToken } from '../../client/bearer-token.ts'

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`
const idToken = jwt({ aud: 'films', sub: 'anna' })

test.each([
  ['names the client', jwt({ aud: 'films' }), 'access'],
  ['names the client beside others', jwt({ aud: ['account', 'films'] }), 'access'],
  ['has a client and no audience, as Cognito’s', jwt({ client_id: 'films' }), 'access'],
  ['has letters that base64url writes otherwise', jwt({ aud: 'films', name: '??>>~~ü' }), 'access'],
  ['is for another API', jwt({ aud: 'https://graph.example.com', client_id: 'films' }), 'id'],
  ['is opaque', 'ya29.a0AfH6SMB', 'id'],
  ['has no dots', 'opaque', 'id'],
])('where the access token %s, the API gets the right token', (_, accessToken, expected) => {
  const sent = bearerToken({ access_token: accessToken, id_token: idToken }, 'films')
  expect(sent).toBe(expected === 'access' ? accessToken : idToken)
})

test('without an ID token there is only the access token', () => {
  expect(bearerToken({ access_token: 'opaque' }, 'films')).toBe('opaque')
})
