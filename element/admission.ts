import { tooLarge, wrongType } from './explain.ts'
import type { Problem } from './upload-queue.ts'

/**
 * Why a file is not taken at all.
 * @param accept as of `<input>`: types and endings, `image/*,.mov`; all where it is empty
 * @param maxSize in bytes
 */
export function refusalOf(
  { name, type, size }: Pick<File, 'name' | 'type' | 'size'>,
  accept: string,
  maxSize: number | undefined,
): Problem | undefined {
  const taken = accept.toLowerCase().match(/[^\s,]+/g) ?? []
  const fits = (pattern: string) =>
    pattern[0] === '.'
      ? name.toLowerCase().endsWith(pattern)
      : type === pattern ||
        pattern === '*/*' ||
        (pattern.endsWith('/*') && type.startsWith(pattern.slice(0, -1)))
  if (taken.length > 0 && !taken.some(fits)) return wrongType(taken)
  return maxSize !== undefined && size > maxSize ? tooLarge(maxSize, size) : undefined
}
