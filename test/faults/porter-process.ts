import { createPorter, type Errand } from './porter.ts'

/** Runs one errand in a process of its own, which may be killed: prints one line of JSON when it is over, and ends by itself. */
const [apiUrl = '', state = '', errand = '{}'] = process.argv.slice(2)
const porter = createPorter(apiUrl, state)
const running = porter.begin(JSON.parse(errand) as Errand)
process.once('SIGTERM', () => running.stop())
const outcome = await running.outcome
porter.close()
process.stdout.write(`${JSON.stringify({ outcome, cuts: [...porter.cuts], timers: porter.timers })}\n`)
