/** A name so far from what was typed is no slip of the finger. */
const FARTHEST = 3

/** @returns a sentence: the nearest of the names, or all of them */
export function suggestion(typed: string, names: readonly string[]): string {
  const [nearest] = names
    .map((name) => ({ name, distance: editDistance(typed, name) }))
    .sort((a, b) => a.distance - b.distance)
  const isSlip = nearest && nearest.distance <= Math.min(FARTHEST, nearest.name.length / 2)
  const meant = isSlip ? nearest.name : names.find((name) => typed !== '' && name.startsWith(typed))
  if (meant) return `Did you mean ${meant}?`
  return `There are: ${names.join(', ')}.`
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
