/**
 * Pearson's statistic for counts that should be equal, or in proportion to `weights`. For k bins
 * of honest counts its mean is k - 1 and its standard deviation the root of 2(k - 1).
 */
export function chiSquare(counts: readonly number[], weights = counts.map(() => 1)): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  return counts.reduce((sum, count, index) => {
    const expected = (total * (weights[index] ?? 0)) / whole
    return sum + (count - expected) ** 2 / expected
  }, 0)
}

/** Five standard deviations above the mean: honest counts of k bins exceed it once in a million. */
export function chiSquareLimit(bins: number): number {
  return bins - 1 + 5 * Math.sqrt(2 * (bins - 1))
}
