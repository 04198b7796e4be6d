import { Type } from 'typebox'
import type { KeySource } from '../contracts/key-source.ts'

const NAME = { type: 'string', minLength: 1 }

/**
 * An option that says what a strategy hashes: `'ip'`, `'path'`, a header, cookie, query parameter
 * or path parameter by its name, or a function.
 *
 * @example
 * Type.Object({ by: keySource({ description: 'What is hashed.' }) })
 */
export function keySource(options: { default?: KeySource; description?: string } = {}) {
  return Type.Unsafe<KeySource>({
    ...options,
    anyOf: [
      { const: 'ip' },
      { const: 'path' },
      ...['header', 'cookie', 'query', 'param'].map((name) => ({
        type: 'object',
        properties: { [name]: NAME },
        required: [name],
        additionalProperties: false,
      })),
      { callback: 'required' },
    ],
  })
}
