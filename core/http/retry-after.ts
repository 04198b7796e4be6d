/** Retry-After (RFC 9110, 10.2.3) for a wait in ms: whole seconds, 1 at least. */
export function retryAfter(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1_000)))
}
