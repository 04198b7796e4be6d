const IDEMPOTENT: ReadonlySet<string> = new Set([
  ...['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY'],
  ...['PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'UNLOCK', 'SEARCH', 'REPORT', 'ACL'],
  ...[
    'BIND',
    'REBIND',
    'UNBIND',
    'LINK',
    'UNLINK',
    'MERGE',
    'MKACTIVITY',
    'CHECKOUT',
    'MKCALENDAR',
  ],
])

/** Whether sending a request twice means the same as once (RFC 9110, 9.2.2, and IANA's registry). */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method)
}
