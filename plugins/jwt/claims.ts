/** What a token says: JSON whose shape nobody vouches for. */
export type Claims = Readonly<Record<string, unknown>>

/** Reads one claim. */
export type ClaimReader = (claims: Claims) => unknown

/** A claim by its name, else by its path: `realm_access.roles` is `roles` in `realm_access`. */
export function claimReader(name: string): ClaimReader {
  const path = name.split('.')
  return (claims) => {
    // Names of claims may have dots themselves: they are URLs often (RFC 7519, 4.2).
    if (Object.hasOwn(claims, name)) return claims[name]
    let found: unknown = claims
    for (const part of path) {
      if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part))
        return undefined
      found = (found as Record<string, unknown>)[part]
    }
    return found
  }
}

/** Whether a claim is what it must be, or a list that has it. */
export function satisfies(claim: unknown, wanted: string | number | boolean): boolean {
  return Array.isArray(claim) ? claim.includes(wanted) : claim === wanted
}

/** The scopes of a token: `scope` (RFC 9068), or `scp` as some issuers write it. */
export function scopesIn({ scope, scp }: Claims): readonly string[] {
  const written = scope ?? scp
  if (typeof written === 'string') return written.split(' ')
  return Array.isArray(written) ? written.filter((one) => typeof one === 'string') : []
}

/**
 * A claim as the value of a header; undefined for none. What a header cannot carry is percent-encoded
 * UTF-8, and so is `%` itself: decoding gives what the claim was. A list is joined by commas, those
 * inside its parts being encoded; an object is JSON.
 */
export function headerValue(claim: unknown): string | undefined {
  if (claim === undefined || claim === null) return undefined
  return Array.isArray(claim) ? claim.map(listed).join(',') : encoded(textOf(claim))
}

function listed(part: unknown): string {
  return encoded(textOf(part)).replaceAll(',', '%2C')
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

// Spaces at the ends too: on their way they would be lost, and " ada" become "ada".
function encoded(text: string): string {
  return text.toWellFormed().replace(/^ | $|[^\x20-\x24\x26-\x7e]/gu, encodeURIComponent)
}
