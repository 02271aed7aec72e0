import * as carriage from '../../client/carrier.ts'
import * as extras from '../../client/extras.ts'
import { fixedLanes } from '../../client/fixed-lanes.ts'

/** What an upload needs of its platform, as simple as can be. */
export const enginePorts = {
  carriage: async () => carriage,
  extras: async () => extras,
  lanes: { share: (most = 6) => fixedLanes(most) },
}
