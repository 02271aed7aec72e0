import { PartwayError } from '../errors.ts'

/** What Windows takes for something else in a name, and the names that are devices there. */
const ODD_ON_WINDOWS = /[<>:"|?*\p{Cc}]/gu
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i
/** Where "A" and "a", or a letter in one code point and in two, are one file. */
const CASELESS: readonly NodeJS.Platform[] = ['win32', 'darwin']

/** Two keys, or the file of one and a folder of the other, would have the same path. */
export class PathCollisionError extends PartwayError {
  override readonly name = 'PathCollisionError'
  /** The key that has it. */
  readonly other: string
  /** Relative. */
  readonly path: string

  constructor(key: string, other: string, path: string) {
    super(
      `Expected a path of its own for ${JSON.stringify(key)}, got ${JSON.stringify(path)}, which ${JSON.stringify(other)} needs. Download one of them under another name.`,
      false,
    )
    this.other = other
    this.path = path
  }
}

/** Whether an object only stands for a folder, as S3's console makes them: there is nothing to download. */
export function isFolderMarker({ key, size }: { readonly key: string; readonly size: number }): boolean {
  return key.endsWith('/') && size === 0
}

/**
 * Where below an output folder an object goes, whoever named it: never outside of it. Empty, `.` and `..` segments and NUL are left out;
 * everything else that the system takes stays, newlines too.
 * @param name a key, or a file's name with its folders
 * @param prefix of it, which the path leaves out. @default ''
 * @returns never empty, never absolute; `download` where nothing is left
 */
export function relativePathOf(name: string, prefix = '', platform = process.platform): string {
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : name
  const onWindows = platform === 'win32'
  const segments = (onWindows ? rest.replaceAll('\\', '/') : rest)
    .split('/')
    .map((segment) => segment.replaceAll('\0', ''))
    .map((segment) => (onWindows ? nameOnWindows(segment) : segment))
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..')
  return segments.join('/') || 'download'
}

/** The paths that are given to keys in one run, each once. */
export class PathClaims {
  readonly #fold: (path: string) => string
  /** By path: whose file it is. */
  readonly #files = new Map<string, string>()
  /** By path: a key whose file is somewhere below. */
  readonly #folders = new Map<string, string>()

  constructor(platform = process.platform) {
    this.#fold = CASELESS.includes(platform) ? (path) => path.normalize('NFC').toLowerCase() : (path) => path
  }

  /**
   * Harmless when repeated.
   * @param path relative, as {@link relativePathOf} makes them
   * @throws {PathCollisionError} where another key has it, or needs it for a folder
   */
  claim(key: string, path: string): void {
    const file = this.#fold(path)
    const folders = ancestorsOf(file)
    const other =
      this.#files.get(file) ??
      this.#folders.get(file) ??
      folders.map((folder) => this.#files.get(folder)).find((holder) => holder !== undefined)
    if (other !== undefined && other !== key) throw new PathCollisionError(key, other, path)
    this.#files.set(file, key)
    for (const folder of folders) this.#folders.set(folder, key)
  }
}

function nameOnWindows(segment: string): string {
  return segment
    .replace(ODD_ON_WINDOWS, '_')
    .replace(/[. ]+$/, '')
    .replace(DEVICES, '_$1')
}

function ancestorsOf(path: string): string[] {
  const folders: string[] = []
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) folders.push(path.slice(0, at))
  return folders
}
