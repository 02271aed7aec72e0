/**
 * A map by object key that is read in the order of S3's listings: by the bytes of the keys' UTF-8.
 * Its orders are byte strings (see `orderOf`), which compare with `<`.
 */
export class SortedMap<Value> {
  readonly #values = new Map<string, Value>()
  readonly #orders: string[] = []

  get size(): number {
    return this.#values.size
  }

  get(key: string): Value | undefined {
    return this.#values.get(orderOf(key))
  }

  set(key: string, value: Value): void {
    const order = orderOf(key)
    if (!this.#values.has(order)) this.#orders.splice(this.#indexOf(order), 0, order)
    this.#values.set(order, value)
  }

  delete(key: string): void {
    const order = orderOf(key)
    if (this.#values.delete(order)) this.#orders.splice(this.#indexOf(order), 1)
  }

  values(): Iterable<Value> {
    return this.#values.values()
  }

  /** The first entry whose order is not below this one. */
  seek(order: string): { order: string; value: Value } | undefined {
    const found = this.#orders[this.#indexOf(order)]
    const value = found === undefined ? undefined : this.#values.get(found)
    return found === undefined || value === undefined ? undefined : { order: found, value }
  }

  #indexOf(order: string): number {
    let low = 0
    let high = this.#orders.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#orders[middle] ?? '') < order) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** UTF-16 sorts surrogates below U+E000; one character per byte of UTF-8 sorts as S3 does. */
export function orderOf(key: string): string {
  return Buffer.from(key, 'utf8').toString('latin1')
}

export function keyOf(order: string): string {
  return Buffer.from(order, 'latin1').toString('utf8')
}
