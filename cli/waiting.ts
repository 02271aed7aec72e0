import type { Waits } from '../client/control-plane.ts'
import type { Output } from './output.ts'

interface Running {
  readonly result: Promise<unknown>
}

/** As far as it matters here. */
interface Client {
  readonly api: { readonly waits?: Waits | undefined }
}

/**
 * Says what calls wait for that belong to no transfer, such as a list that needs live credentials: transfers say it themselves.
 * @returns the client, which counts its transfers from now on
 */
export function sayingWaits<C extends Client>(client: C, output: Output): C {
  let transfers = 0
  const counting =
    (method: (...args: never[]) => unknown) =>
    (...args: never[]) => {
      const run = method(...args)
      if (isRunning(run)) {
        transfers += 1
        const end = () => {
          transfers -= 1
        }
        run.result.then(end, end)
      }
      return run
    }
  sayWaits(client.api.waits, output, () => transfers === 0)
  const members = Object.entries(client).map(([name, member]) => [
    name,
    typeof member === 'function' ? counting(member) : member,
  ])
  return Object.fromEntries(members)
}

/** @param when asked each time whether it is to be said */
export function sayWaits(waits: Waits | undefined, output: Output, when = () => true): void {
  waits?.subscribe(() => {
    const { current } = waits
    if (current && when()) output.note(current.message)
  })
}

function isRunning(value: unknown): value is Running {
  return (value as Partial<Running> | undefined)?.result instanceof Promise
}
