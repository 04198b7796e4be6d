import type { RawHeaders } from '#core'

/** Final answers that depend on the request alone (after RFC 9110, 15.1). */
const STATUSES = new Set([200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 410])

/** What an answer's head says about who may have it. */
export interface Sharing {
  /** Headers that make a difference, in lower case; undefined for an answer that is not shared. */
  readonly vary: readonly string[] | undefined
}

/** Whether an answer may be shared, and among whom. */
export function sharing(status: number, headers: RawHeaders, maxBytes: number): Sharing {
  if (!STATUSES.has(status)) return { vary: undefined }
  const vary: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const value = headers[at + 1] as string
    switch ((headers[at] as string).toLowerCase()) {
      case 'set-cookie':
      case 'set-cookie2':
        return { vary: undefined }
      case 'cache-control':
      case 'pragma':
        if (/private|no-store|no-cache/i.test(value)) return { vary: undefined }
        break
      case 'content-length':
        if (Number(value) > maxBytes) return { vary: undefined }
        break
      case 'content-type':
        // It never ends.
        if (/^\s*text\/event-stream/i.test(value)) return { vary: undefined }
        break
      case 'vary':
        for (const name of value.split(',')) vary.push(name.trim().toLowerCase())
        break
      default:
    }
  }
  return { vary: vary.includes('*') ? undefined : vary.filter((name) => name !== '') }
}
