import { type TUnsafe, Type } from 'typebox'
import type { Duration, Size } from '../contracts/units.ts'

/** A schema of a value with a unit, which plugins receive as a number. */
export interface UnitSchema<Written> extends TUnsafe<Written> {
  unit: UnitName
}

/** The name of a unit, and of the Ajv keyword's value. */
export type UnitName = 'duration' | 'size'

const DURATIONS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
const SIZES: Readonly<Record<string, number>> = { b: 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 }

/** How each unit is written, for messages. */
export const EXAMPLES: Readonly<Record<UnitName, string>> = {
  duration: 'a duration such as "30s"',
  size: 'a size such as "64kb"',
}

/**
 * An option that is a duration, written as ms or with its unit; the plugin receives ms.
 *
 * @example
 * Type.Object({ interval: Type.Optional(duration({ default: '2s' })) })
 */
export function duration(options: { default?: Duration; description?: string } = {}) {
  return Type.Unsafe<Duration>({ ...options, unit: 'duration' }) as UnitSchema<Duration>
}

/**
 * An option that is a size, written as bytes or with its unit of 1,024s; the plugin receives bytes.
 *
 * @example
 * Type.Object({ buffer: Type.Optional(size({ default: '64kb' })) })
 */
export function size(options: { default?: Size; description?: string } = {}) {
  return Type.Unsafe<Size>({ ...options, unit: 'size' }) as UnitSchema<Size>
}

/** The whole number of ms or bytes, or undefined if `written` is none. Never negative. */
export function parseUnit(unit: UnitName, written: unknown): number | undefined {
  if (typeof written === 'number') {
    return Number.isFinite(written) && written >= 0 ? Math.ceil(written) : undefined
  }
  if (typeof written !== 'string') return undefined
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h|b|kb|mb|gb)$/.exec(written)
  const factor = (unit === 'duration' ? DURATIONS : SIZES)[parts?.[2] ?? '']
  const amount = factor === undefined ? Number.NaN : Number(parts?.[1]) * factor
  return Number.isFinite(amount) ? Math.ceil(amount) : undefined
}
