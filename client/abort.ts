/** A controller that a parent's abort aborts too. */
export interface Follower {
  readonly signal: AbortSignal
  abort(reason: unknown): void
  /** Takes the listener off the parent, which may live much longer. */
  release(): void
}

/** Unlike `AbortSignal.any`, which keeps every dependent of a long-lived signal until it is collected. */
export function follow(parent: AbortSignal): Follower {
  const controller = new AbortController()
  const onAbort = () => controller.abort(parent.reason)
  if (parent.aborted) onAbort()
  else parent.addEventListener('abort', onAbort, { once: true })
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => parent.removeEventListener('abort', onAbort),
  }
}

/** Settles as the value does, or rejects with the signal's reason where that is aborted first. */
export function orAborted<T>(value: T | Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    const settle = () => signal.removeEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    Promise.resolve(value).finally(settle).then(resolve, reject)
  })
}
