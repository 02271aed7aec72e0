import { open, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { takeLock, type Unlock } from '../../client/node/lock.ts'

/**
 * A process of lock.test.ts. `take` answers whether it got the lock. `turns` takes and gives back often, and answers how often
 * it had the lock; a marker that is there already shows that another had it at the same time.
 */

const [folder = '', marker = ''] = process.argv.slice(2)
let unlock: Unlock | undefined

process.on('message', async (message) => {
  if (message === 'take') {
    unlock = takeLock(folder, 'film')
    process.send?.(unlock !== undefined)
  } else if (message === 'turns') process.send?.(await takeTurns(100))
})
process.send?.('ready')

async function takeTurns(count: number): Promise<number> {
  let turns = 0
  while (turns < count) {
    const giveBack = takeLock(folder, 'film')
    if (!giveBack) {
      await sleep(Math.random() * 2)
      continue
    }
    const handle = await open(marker, 'wx')
    await handle.close()
    await rm(marker)
    giveBack()
    turns++
  }
  return turns
}
