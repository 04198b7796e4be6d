import { isHeaderName } from '#core'

/** How the option `by` is written, for documents. */
export const KEYS =
  "'ip' | 'route' | { header | cookie | claim: string } | function, or a list of them"

/** What is wrong with a source of keys, or a list of them. */
export function keyProblem(by: unknown): string | undefined {
  if (!Array.isArray(by)) return partProblem(by)
  if (by.length === 0) return 'must name at least one key'
  return by.map(partProblem).find((problem) => problem !== undefined)
}

function partProblem(source: unknown): string | undefined {
  if (source === 'ip' || source === 'route' || typeof source === 'function') return undefined
  const wanted =
    'must be "ip", "route", a function, or one of { header }, { cookie }, { claim } with a name'
  if (typeof source !== 'object' || source === null) return wanted
  const [kind = '', ...others] = Object.keys(source)
  const name: unknown = (source as Record<string, unknown>)[kind]
  if (others.length > 0 || !['header', 'cookie', 'claim'].includes(kind)) return wanted
  if (typeof name !== 'string' || name === '') return wanted
  if (kind === 'claim' || isHeaderName(name)) return undefined
  return `must have a name without spaces or separators as its ${kind}, got "${name}"`
}
