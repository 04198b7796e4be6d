import { EXAMPLES, type UnitName } from '../../core/config/units.ts'

/** What a schema says of one value beside its type. */
export interface Rules {
  readonly default?: unknown
  readonly unit?: UnitName
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly minLength?: number
}

/** A default as a table shows it; empty for none and for an empty one. */
export function shownDefault({ default: value }: Rules): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  const isEmpty = value === null || ['""', '[]', '{}'].includes(JSON.stringify(value))
  return value === undefined || isEmpty ? '' : `\`${text}\``
}

/** What a value may be, in words; empty where the type says it all. */
export function allowed(rules: Rules): string {
  if (rules.unit !== undefined) return `0 or more; ${EXAMPLES[rules.unit]}`
  if (rules.minItems !== undefined) return `at least ${rules.minItems}`
  if (rules.minLength !== undefined) return 'not empty'
  const lowest =
    rules.exclusiveMinimum === undefined ? rules.minimum : `above ${rules.exclusiveMinimum}`
  if (rules.maximum !== undefined)
    return lowest === undefined ? `up to ${rules.maximum}` : `${lowest} to ${rules.maximum}`
  if (lowest === undefined) return ''
  return rules.exclusiveMinimum === undefined ? `${lowest} or more` : String(lowest)
}
