import type { Endpoints } from './source.ts'

/** Makes a document of its text. */
export type Parse = (text: string) => unknown

/**
 * The endpoints of a document: it is a list of them, or has one under `endpoints`. What each of them
 * is, is checked where they are taken.
 *
 * @throws Error for anything else
 */
export function endpointsIn(document: unknown): Endpoints {
  const list = Array.isArray(document) ? document : asRecord(document).endpoints
  if (Array.isArray(list)) return list
  throw new Error('the document is neither a list of endpoints nor { "endpoints": [ … ] }')
}

export function parseJson(text: string): unknown {
  try {
    // Some editors begin a file with a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error: unknown) {
    throw new Error(`not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
