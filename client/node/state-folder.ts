import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where journals are kept: `PARTWAY_STATE`, or `partway` in the XDG state folder, `~/.local/state`. */
export function stateFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const { PARTWAY_STATE, XDG_STATE_HOME } = environment
  return PARTWAY_STATE || join(XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'partway')
}
