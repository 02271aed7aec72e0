/**
 * Works through what comes, several at once, in order of its coming. Ends when all that was begun has ended.
 * @param weightOf of the room for all that is under way; one that is heavier than all of it goes alone
 * @param work does not throw
 * @param signal ends it early: nothing more is begun
 */
export async function inParallel<Job>(
  jobs: AsyncIterable<Job>,
  capacity: number,
  weightOf: (job: Job) => number,
  work: (job: Job) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let taken = 0
  let roomier = Promise.withResolvers<void>()
  const underWay = new Set<Promise<void>>()
  for await (const job of jobs) {
    const weight = Math.min(weightOf(job), capacity)
    while (taken + weight > capacity) await roomier.promise
    if (signal.aborted) break
    taken += weight
    const done = work(job).finally(() => {
      taken -= weight
      underWay.delete(done)
      roomier.resolve()
      roomier = Promise.withResolvers()
    })
    underWay.add(done)
  }
  await Promise.all(underWay)
}
