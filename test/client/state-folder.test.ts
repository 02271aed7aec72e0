import { expect, test } from 'vitest'
import { stateFolder } from '../../client/node/state-folder.ts'

test.each([
  [{ PARTWAY_STATE: '/a', XDG_STATE_HOME: '/b' }, '/a'],
  [{ XDG_STATE_HOME: '/b' }, '/b/partway'],
  [{}, /\/\.local\/state\/partway$/],
])('%j keeps journals in %s', (environment, expected) => {
  expect(stateFolder(environment)).toMatch(expected)
})
