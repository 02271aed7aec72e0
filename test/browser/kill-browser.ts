import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/**
 * Ends the browser and its helpers as by `kill -9`: all of them were started with the profile's path.
 * @param profile a folder that no other browser has
 */
export function killBrowser(profile: string): void {
  if (process.platform !== 'linux') {
    execFileSync('pkill', ['-9', '-f', profile])
    return
  }
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(profile)) process.kill(Number(id), 'SIGKILL')
    } catch (error) {
      // It ended by itself meanwhile.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
}
