/** Runs tasks of one name one after the other, and tasks of different names side by side. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<unknown>>()

  async run<Result>(name: string, task: () => Promise<Result>): Promise<Result> {
    const before = this.#tails.get(name) ?? Promise.resolve()
    const result = before.then(task)
    const tail = result.catch(() => undefined)
    this.#tails.set(name, tail)
    await tail
    if (this.#tails.get(name) === tail) this.#tails.delete(name)
    return result
  }
}
