import type { Binding } from '../contracts/token.ts'

/** Whether a value was made by `bind`. */
export function isBinding(value: unknown): value is Binding {
  return (
    typeof value === 'object' &&
    value !== null &&
    'token' in value &&
    typeof value.token === 'symbol'
  )
}
