import { lockDirectory } from '../../local/lock.ts'

/** A process of start-lock.test.ts: tries for the directory as soon as it is told to, and answers whether it has got it. */
const [directory = ''] = process.argv.slice(2)
let held: unknown
process.on('message', () => {
  try {
    held = lockDirectory(directory)
    process.send?.(held !== undefined)
  } catch {
    process.send?.(false)
  }
})
process.send?.('ready')
