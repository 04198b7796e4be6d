/**
 * Whose turn it is, among places with weights.
 *
 * What a place is owed, in picks, is what outlives a change of weights or members: about 0 when it
 * has had its share, 1 when it is a whole turn behind. NaN stands for a place that has no past.
 */
export interface Turns {
  /** The place whose turn it is; its turn is then over. */
  next(): number
  /** What a place is owed now. */
  owed(place: number): number
}
