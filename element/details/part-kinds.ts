import { PART_MARKS } from '../upload-queue.ts'

export type PartKind = keyof typeof PART_MARKS

/** The legend of the map of parts, which says in words what it shows. */
export const PART_NAMES: Record<PartKind, string> = {
  verified: 'stored',
  retried: 'stored after another try',
  moving: 'moving',
  retrying: 'trying again',
  waiting: 'to go',
}

export const PART_KINDS = Object.keys(PART_NAMES) as PartKind[]

/** How many parts are of each kind, in the order of the legend. */
export const countParts = (parts: string): [PartKind, number][] =>
  PART_KINDS.map((kind) => [kind, parts.split(PART_MARKS[kind]).length - 1])
