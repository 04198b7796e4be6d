/** One thing that had to hold, and what was seen. */
export interface Verdict {
  readonly what: string
  readonly isMet: boolean
  readonly seen: string
}
