import type { Condition, RoutedRequest, Wanted } from '../contracts/router.ts'

/**
 * The longest text that is shown to a RegExp; a longer one matches none. A pattern that backtracks
 * takes time that grows with a power of the length: `/a.*a.*b/` takes 20 ms at this one, 8 times
 * that at twice the length. Every user agent in use fits.
 */
export const LONGEST_MATCHED = 512

/** Whether a request fulfils a condition. */
export function holds({ on, name, wanted }: Condition, request: RoutedRequest): boolean {
  return fulfils(valueIn(on, name, request), wanted)
}

/** A condition in words, such as `header x-beta "1"` or `no cookie beta`. */
export function conditionText({ on, name, wanted }: Condition): string {
  if (wanted === true) return `${on} ${name}`
  if (wanted === false) return `no ${on} ${name}`
  return `${on} ${name} ${typeof wanted === 'string' ? JSON.stringify(wanted) : wanted}`
}

/** What a condition looks at. */
export function valueIn(
  on: Condition['on'],
  name: string,
  request: RoutedRequest,
): string | undefined {
  if (on === 'header') return request.header(name)
  return on === 'query' ? request.query(name) : request.cookie(name)
}

function fulfils(value: string | undefined, wanted: Wanted): boolean {
  if (typeof wanted === 'boolean') return wanted === (value !== undefined)
  if (value === undefined) return false
  if (typeof wanted === 'string') return value === wanted
  return value.length <= LONGEST_MATCHED && wanted.test(value)
}
