import { fingerprint } from '../config/fingerprint.ts'
import type { ResolvedUse } from '../config/resolved.ts'

/** Under which a use is found again in the next config: its scope's path, its slot, its name. */
export function useKey(path: readonly string[], slot: string, name: string): string {
  return JSON.stringify([...path, slot, name])
}

/** The same for an upstream's strategy, whichever it is: another one takes its place. */
export function balanceKey(path: readonly string[]): string {
  return JSON.stringify([...path, 'balance'])
}

const sources = new WeakMap<object, string>()

/** A text that is equal for uses that are made from the same. */
export function sourceOf(use: ResolvedUse<unknown>): string {
  const known = sources.get(use)
  if (known !== undefined) return known
  const source = fingerprint([use.definition.create, use.definition.code, use.options])
  sources.set(use, source)
  return source
}

/** The same for a strategy and the selectors around it, which stay or go together. */
export function balanceSource(
  balance: ResolvedUse<unknown>,
  select: readonly ResolvedUse<unknown>[],
): string {
  return [balance, ...select].map(sourceOf).join()
}
