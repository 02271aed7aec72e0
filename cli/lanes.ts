/** Of calls that a list or a clean-up makes at once. */
export const LANES = 8

/** What becomes of the items, in their order, with so many under way at once. */
export async function* inLanes<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  lanes = LANES,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = []
  for await (const item of items) {
    const result = work(item)
    // Whoever takes the results stops at the first that failed.
    result.catch(() => {})
    underWay.push(result)
    const first = underWay.length >= lanes ? underWay.shift() : undefined
    if (first) yield await first
  }
  yield* underWay
}
