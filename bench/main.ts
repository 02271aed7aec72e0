import { cpus } from 'node:os'
import { browser } from './browser.ts'
import { browserIntegrity } from './browser-integrity.ts'
import { checksums } from './checksums.ts'
import { cli } from './cli.ts'
import { coldStart } from './cold-start.ts'
import { download } from './download.ts'
import { integrity } from './integrity.ts'
import { pageFrames } from './page-frames.ts'
import { presign } from './presign.ts'
import { startup } from './startup.ts'
import { steering } from './steering.ts'

/** `node bench/main.ts [name…]`: runs the named benchmarks, or all of them, and prints Markdown. */
const benches: Record<string, () => Promise<string>> = {
  presign,
  checksums,
  'cold-start': coldStart,
  integrity,
  browser,
  'browser-integrity': browserIntegrity,
  'page-frames': pageFrames,
  download,
  steering,
  startup,
  cli,
}

const names = process.argv.slice(2)
const unknown = names.filter((name) => !Object.hasOwn(benches, name))
if (unknown.length > 0) {
  console.error(`expected ${Object.keys(benches).join(' or ')}, got ${unknown.join(' ')}`)
  process.exitCode = 1
} else {
  const processors = cpus()
  console.log(
    `Node ${process.version}, ${processors.length} × ${processors[0]?.model ?? 'unknown processor'}`,
  )
  for (const [name, run] of Object.entries(benches)) {
    if (names.length === 0 || names.includes(name)) console.log(`\n${await run()}`)
  }
}
