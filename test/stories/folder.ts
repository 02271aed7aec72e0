import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { sha256Of, writePseudoRandom } from '../cli/kill-story.ts'
import { pseudoRandom } from '../client/servers.ts'

export const LARGE = 'large.bin'
export const SMALL_FILES = 1000
const SMALL_BYTES = 10 * 1024

/** Whatever a file may be called on Linux, and shells, URLs, XML and globs may trip over. */
const ODD_NAMES = [
  'with spaces.txt',
  ' before and after ',
  'ünïcödé – 文件 🎬.txt',
  'e\u0301 in two characters',
  '\u00e9 in one',
  '\u200bof no width',
  'new\nline.txt',
  'carriage\rreturn',
  'tab\there',
  '\u001b[31mred',
  '-dash',
  '--api=nowhere',
  '"double"',
  "it's",
  '`both`$HOME$(true)',
  'back\\slash',
  '#hash?query=1&amp;<xml>',
  'plus+percent%20%2F%',
  'a*b[c]{d}',
  '~tilde',
  '.hidden',
  'semi;colon:|>',
  'like.part',
  'a'.repeat(251),
]

/**
 * One large file, many small ones, and those with odd names; one of them is empty.
 * @returns of each file by its path below the folder, its SHA-256
 */
export async function writeFolder(folder: string, largeMebibytes: number): Promise<Map<string, string>> {
  for (const name of ['small', 'odd/deep er']) await mkdir(join(folder, name), { recursive: true })
  await writePseudoRandom(join(folder, LARGE), largeMebibytes, 1)
  for (let file = 0; file < SMALL_FILES; file++) {
    const name = `${String(file).padStart(4, '0')}.bin`
    await writeFile(join(folder, 'small', name), pseudoRandom(SMALL_BYTES, 100_000 + file))
  }
  for (const name of ODD_NAMES) await writeFile(join(folder, 'odd', name), `This is ${name}.`)
  await writeFile(join(folder, 'odd/deep er/empty'), '')
  return digestsOf(folder)
}

/** Of each file below the folder, by its path there. */
export async function digestsOf(folder: string): Promise<Map<string, string>> {
  const digests = new Map<string, string>()
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((entry) => entry.isFile())) {
    const path = join(entry.parentPath, entry.name)
    digests.set(relative(folder, path), await sha256Of(createReadStream(path)))
  }
  return new Map([...digests].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Of all of them, for a message that fits a line. */
export function digestOf(digests: ReadonlyMap<string, string>): string {
  return createHash('sha256')
    .update(JSON.stringify([...digests]))
    .digest('hex')
}
