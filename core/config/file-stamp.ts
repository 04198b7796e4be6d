import { type Stats, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'

/**
 * A text that changes with a file: a write, a rename in its place, a link that is turned to another
 * file, as Kubernetes does it, or its end. A rename keeps the time of the last write, not this one.
 */
export function stampOf(path: string): string {
  try {
    return stampIn(statSync(path))
  } catch (error: unknown) {
    return codeOf(error)
  }
}

/** The same without waiting for the file system: one of a network may hang. */
export async function stampLater(path: string): Promise<string> {
  try {
    return stampIn(await stat(path))
  } catch (error: unknown) {
    return codeOf(error)
  }
}

function stampIn({ ctimeMs, size, ino }: Stats): string {
  return `${ctimeMs}:${size}:${ino}`
}

function codeOf(error: unknown): string {
  return String((error as { code?: string }).code)
}
