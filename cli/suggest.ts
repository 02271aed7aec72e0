/** A name so far from what was typed is no slip of the finger. */
const FARTHEST = 3
/** More of them than this are for the help. */
const MOST_NAMES = 16

/** @returns a sentence: the nearest of the names, or all of them where they are few; none where they are many */
export function suggestion(typed: string, names: readonly string[]): [] | [sentence: string] {
  const begun = names.filter((name) => bare(typed) !== '' && name.startsWith(typed))
  const [nearest] = names
    .map((name) => ({ name, distance: editDistance(typed, name) }))
    .sort((a, b) => a.distance - b.distance)
  const isSlip = nearest && nearest.distance <= Math.min(FARTHEST, bare(nearest.name).length / 2)
  const meant = begun.length === 1 ? begun[0] : isSlip ? nearest.name : begun[0]
  if (meant) return [`Did you mean ${meant}?`]
  return names.length > MOST_NAMES ? [] : [`There are: ${names.join(', ')}.`]
}

function bare(name: string): string {
  return name.replace(/^-+/, '')
}

/** Levenshtein's: characters inserted, left out or replaced. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, replaced))
    }
    row = next
  }
  return row[b.length] ?? 0
}
