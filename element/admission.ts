import { tooLarge, wrongType } from './explain.ts'
import type { Picked } from './picked.ts'
import type { PickedFile, Problem, Refusal } from './upload-queue.ts'

/** Of files that are not taken. */
const MOST_TOLD = 3

/**
 * Lets in what the element takes.
 * @param host its attributes say what that is
 * @returns what is not taken, and why, for a person: a line each, of the first few
 */
export async function admit(
  { files, complaints = [] }: Picked,
  host: Element,
  add: (files: readonly PickedFile[]) => Promise<readonly Refusal[]> | undefined,
  emit: (type: string, detail: object) => void,
): Promise<string> {
  const said = [...complaints]
  const [accept, maxSize] = [host.getAttribute('accept') ?? '', Number(host.getAttribute('max-size'))]
  const admitted = files.filter(({ file, path = file.name }) => {
    const problem = refusalOf(file, accept, maxSize)
    if (problem) {
      said.push(`${path}: ${problem.sentence}`)
      emit('error', { name: path, ...problem })
    }
    return !problem
  })
  for (const { sentence } of (await add(admitted)) ?? []) said.push(sentence)
  // Of a folder of thousands, all may be of another type.
  const more = said.length > MOST_TOLD ? said.splice(MOST_TOLD).length : 0
  return [...said, ...(more ? [`And ${more} more.`] : [])].join('\n')
}

/**
 * Why a file is not taken at all.
 * @param accept as of `<input>`: types and endings, `image/*,.mov`; all where it is empty
 * @param maxSize in bytes; any where it is 0, or no number
 */
export function refusalOf(
  { name, type, size }: Pick<File, 'name' | 'type' | 'size'>,
  accept: string,
  maxSize: number,
): Problem | undefined {
  const taken = accept.toLowerCase().match(/[^\s,]+/g) ?? []
  const fits = (pattern: string) =>
    pattern[0] === '.'
      ? name.toLowerCase().endsWith(pattern)
      : type === pattern ||
        pattern === '*/*' ||
        (pattern.endsWith('/*') && type.startsWith(pattern.slice(0, -1)))
  if (taken.length > 0 && !taken.some(fits)) return wrongType(taken)
  return maxSize > 0 && size > maxSize ? tooLarge(maxSize, size) : undefined
}
