import { droppedInDiff } from './emulator-gaps.ts'

/** The lines of `cdk diff` that say something changes, but for what the emulator dropped. */
export function differences(diff: string): string[] {
  return diff
    .split('\n')
    .filter((line) => /^[^\w]*\[[+~-]\]/.test(line))
    .filter((line) => !droppedInDiff.some((dropped) => dropped.test(line)))
}
