import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { pseudoRandom } from '../client/servers.ts'
import type { Dice } from './dice.ts'
import type { SourceChange } from './plan.ts'

/** Whole seconds, which can be put back to the nanosecond. */
const LAST_CHANGED = 1_700_000_000

/** A file that is being sent, and what its owner does to it meanwhile. */
export class SourceFile {
  readonly path: string
  /** As it was at first. */
  readonly bytes: Buffer
  /** The byte that was edited. */
  editedAt: number | undefined
  readonly #dice: Dice

  constructor(path: string, size: number, dice: Dice) {
    this.path = path
    this.#dice = dice
    this.bytes = pseudoRandom(size, dice.integer(1, 2 ** 31 - 1))
    writeFileSync(path, this.bytes)
    utimesSync(path, LAST_CHANGED, LAST_CHANGED)
  }

  /** As it is now. */
  read(): Buffer {
    return readFileSync(this.path)
  }

  change(change: SourceChange): void {
    const { path } = this
    const { size } = statSync(path)
    const changes: Record<SourceChange, () => void> = {
      edit: () => this.#edit(),
      'edit unseen': () => {
        this.#edit()
        utimesSync(path, LAST_CHANGED, LAST_CHANGED)
      },
      truncate: () => truncateSync(path, this.#dice.integer(0, Math.max(0, size - 1))),
      append: () => appendFileSync(path, 'more'),
      delete: () => unlinkSync(path),
      replace: () => {
        writeFileSync(`${path}.other`, pseudoRandom(size, 1))
        renameSync(`${path}.other`, path)
      },
      'move away': () => renameSync(path, `${path}.away`),
      touch: () => chmodSync(path, 0o640),
    }
    changes[change]()
  }

  /** Back from where it was moved to. */
  putBack(): void {
    if (existsSync(`${this.path}.away`)) renameSync(`${this.path}.away`, this.path)
  }

  #edit(): void {
    const at = this.#dice.integer(0, Math.max(0, this.bytes.length - 1))
    this.editedAt = at
    const file = openSync(this.path, 'r+')
    writeSync(file, Buffer.of((this.bytes[at] ?? 0) ^ 1), 0, 1, at)
    closeSync(file)
  }
}
