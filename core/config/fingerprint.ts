/**
 * A text that is equal for equal values: keys sorted, functions and RegExps by their source,
 * other class instances by identity. What `reload` compares to carry state over.
 */
export function fingerprint(value: unknown): string {
  return JSON.stringify(canonical(value)) ?? 'undefined'
}

const identities = new WeakMap<object, number>()
let lastIdentity = 0

function canonical(value: unknown): unknown {
  if (typeof value === 'function') return { function: value.toString() }
  // What JSON cannot write would look like null.
  if (['bigint', 'symbol', 'undefined'].includes(typeof value) || isUnbounded(value)) {
    return { [typeof value]: String(value) }
  }
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof RegExp) return { regexp: String(value) }
  if (value instanceof Date) return { date: value.getTime() }
  if (Array.isArray(value)) return value.map(canonical)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) return { instance: identity(value) }
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return { object: sorted.map(([key, item]) => [key, canonical(item)]) }
}

function isUnbounded(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value)
}

function identity(value: object): number {
  const known = identities.get(value)
  if (known !== undefined) return known
  identities.set(value, ++lastIdentity)
  return lastIdentity
}
