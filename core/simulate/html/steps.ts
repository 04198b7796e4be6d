/** A value, and for how long it stayed, in s. */
export interface Step {
  readonly value: string
  readonly from: number
  readonly to: number
}

/** Values of equal slices, with equal neighbours as one. */
export function steps(values: readonly string[], sliceMs: number): Step[] {
  const found: Step[] = []
  let from = 0
  for (let at = 1; at <= values.length; at++) {
    if (at < values.length && values[at] === values[from]) continue
    const value = values[from] as string
    found.push({ value, from: (from * sliceMs) / 1_000, to: (at * sliceMs) / 1_000 })
    from = at
  }
  return found
}
