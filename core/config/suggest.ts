/** The allowed name nearest to a misspelt one, or undefined when none is near. */
export function nearest(wrong: string, allowed: readonly string[]): string | undefined {
  let best: string | undefined
  // A third of the letters may be wrong, two at least: "prot" is near "port", "a" near nothing.
  let limit = Math.max(2, Math.floor(wrong.length / 3)) + 1
  for (const name of allowed) {
    const far = distance(wrong.toLowerCase(), name.toLowerCase())
    if (far < limit && far < name.length) {
      best = name
      limit = far
    }
  }
  return best
}

/** A sentence's end that helps: the nearest name, else all of them. */
export function remedy(wrong: string, allowed: readonly string[]): string {
  const name = nearest(wrong, allowed)
  if (name !== undefined) return `did you mean "${name}"?`
  if (allowed.length === 0) return 'none is allowed'
  return `allowed: ${[...allowed].sort().join(', ')}`
}

/** Edits between two words: one row of Levenshtein's table at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, at(row, j) + 1, at(next, j - 1) + 1))
    }
    row = next
  }
  return at(row, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0
}
