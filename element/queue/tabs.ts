/** What carries messages between tabs: a BroadcastChannel. */
export interface Wire {
  onmessage: ((event: MessageEvent) => void) | null
  postMessage(message: unknown): void
  close(): void
}

export interface TabsPorts {
  /** `null` where a page did not come over TLS: each tab is alone then. */
  readonly locks: Pick<LockManager, 'request'> | null
  readonly wire: (name: string) => Wire
}

/** The tabs that share something: one leads, until it leaves, is closed or crashes; then another does. */
export interface Tabs {
  post(message: unknown): void
  /** @param after the lock is given back once that has settled */
  leave(after?: Promise<unknown>): void
}

/** @param lead from now on, this tab does */
export function joinTabs(
  name: string,
  { locks, wire }: TabsPorts,
  lead: () => void,
  hear: (message: unknown) => void,
): Tabs {
  const leaving = new AbortController()
  let giveBack = (_: unknown) => {}
  const left = new Promise((resolve) => {
    giveBack = resolve
  })
  const channel = locks && wire(name)
  if (channel) channel.onmessage = ({ data }) => hear(data)
  const alone = () => leaving.signal.aborted || lead()
  if (locks) {
    locks
      .request(name, { signal: leaving.signal }, () => {
        lead()
        return left
      })
      .catch(alone)
  } else queueMicrotask(alone)
  return {
    post: (message) => channel?.postMessage(message),
    leave(after) {
      leaving.abort()
      giveBack(after)
      channel?.close()
    },
  }
}
