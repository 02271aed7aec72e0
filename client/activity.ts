import type { Wait, Waits } from './control-plane.ts'
import { NetworkError } from './errors.ts'
import type { Wakes } from './ports.ts'

const NETWORK: Wait = {
  for: 'network',
  message: 'There is no connection. It goes on by itself when it is back.',
}

/** Connections that are lost once are no reason to call the network gone. */
const STUCK_AFTER = 2

/** Something that the upload does: a part on its way, a call of the API. */
export interface Activity {
  /** Bytes moved, or an answer came. */
  moved(): void
  /** A try failed, and is made again. */
  failed(error: unknown): void
  end(): void
}

/** Whether anything moves; and where nothing does, and only somebody else can change that, what is waited for. */
export class Activities {
  readonly #wakes: Wakes
  readonly #waits: Waits | undefined
  readonly #onChange: (wait: Wait | undefined) => void
  readonly #phases = new Map<Activity, 'trying' | 'moving' | 'stuck'>()
  readonly #unsubscribe: () => void
  #wait: Wait | undefined

  /** @param waits of the control plane */
  constructor(wakes: Wakes, waits: Waits | undefined, onChange: (wait: Wait | undefined) => void) {
    this.#wakes = wakes
    this.#waits = waits
    this.#onChange = onChange
    const review = () => this.#review()
    const removals = [wakes.subscribe(review), waits?.subscribe(review)]
    this.#unsubscribe = () => {
      for (const remove of removals) remove?.()
    }
  }

  async during<Result>(work: (activity: Activity) => Promise<Result>): Promise<Result> {
    const activity = this.begin()
    try {
      return await work(activity)
    } finally {
      activity.end()
    }
  }

  begin(): Activity {
    let failures = 0
    const activity: Activity = {
      moved: () => {
        failures = 0
        this.#set(activity, 'moving')
      },
      failed: (error) => {
        failures = error instanceof NetworkError ? failures + 1 : 0
        this.#set(
          activity,
          failures >= STUCK_AFTER || (failures > 0 && !this.#wakes.online) ? 'stuck' : 'trying',
        )
      },
      end: () => {
        this.#phases.delete(activity)
        this.#review()
      },
    }
    this.#set(activity, 'trying')
    return activity
  }

  /** Listens no longer. */
  end(): void {
    this.#unsubscribe()
  }

  #set(activity: Activity, phase: 'trying' | 'moving' | 'stuck'): void {
    if (this.#phases.get(activity) === phase) return
    this.#phases.set(activity, phase)
    this.#review()
  }

  #review(): void {
    const wait = this.#current()
    if (wait === this.#wait) return
    this.#wait = wait
    this.#onChange(wait)
  }

  #current(): Wait | undefined {
    const phases = [...this.#phases.values()]
    if (phases.includes('moving')) return undefined
    if (this.#waits?.current) return this.#waits.current
    const stuck = phases.filter((phase) => phase === 'stuck').length
    // Where nothing is tried, another upload has the lanes that this one waits for.
    if (!this.#wakes.online) return stuck > 0 || phases.length === 0 ? NETWORK : undefined
    return stuck > 0 && stuck === phases.length ? NETWORK : undefined
  }
}
