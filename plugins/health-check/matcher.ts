/** Finds a text or a pattern in bytes. */
export interface Matcher {
  test(bytes: Buffer): boolean
  /** As it stands in messages. */
  readonly shown: string
}

/** Undefined for an empty text, which is everywhere. */
export function matcher(wanted: string | RegExp): Matcher | undefined {
  if (wanted === '') return undefined
  if (typeof wanted === 'string') {
    return { test: (bytes) => bytes.includes(wanted), shown: JSON.stringify(wanted) }
  }
  // With g or y it would go on from where it stopped before.
  const pattern = new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, ''))
  return { test: (bytes) => pattern.test(bytes.toString()), shown: String(wanted) }
}
