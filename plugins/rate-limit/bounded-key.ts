import { createHash } from 'node:crypto'

const LONGEST = 64
const DIGEST = '#'

/**
 * A key that takes no more memory than any other: beyond 64 characters its SHA-256. What a client
 * writes can be as long as a header may be. Halves of pairs have no form of their own in Redis.
 */
export function bounded(key: string): string {
  if (key.length <= LONGEST && key[0] !== DIGEST && key.isWellFormed()) return key
  // UTF-16, so that no two keys are one: UTF-8 has one form for all halves of pairs.
  return DIGEST + createHash('sha256').update(key, 'utf16le').digest('base64')
}
