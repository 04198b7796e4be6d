import { Type } from 'typebox'
import type { KeySource } from '../contracts/key-source.ts'
import { isHeaderName } from '../http/header-names.ts'
import { checked } from './checked.ts'
import { isPlainObject } from './options.ts'
import { remedy } from './suggest.ts'
import { shown } from './validate.ts'

const PARAM = /^(?:\*|[A-Za-z_][A-Za-z0-9_]*)$/
// The type as documents show it.
const WRITTEN = "'ip' | 'path' | { header | cookie | query | param: string } | function"
const FORMS =
  '"ip", "path", a function, or one of { header }, { cookie }, { query }, { param } with a name'

interface NameRule {
  isRight(name: string): boolean
  readonly wanted: string
}

const TOKEN: NameRule = { isRight: isHeaderName, wanted: 'a name without spaces or separators' }
const NAMES: ReadonlyMap<string, NameRule> = new Map([
  ['header', TOKEN],
  ['cookie', TOKEN],
  ['query', { isRight: (name: string) => name !== '', wanted: 'the name of a parameter' }],
  ['param', { isRight: (name: string) => PARAM.test(name), wanted: 'a name such as "id", or "*"' }],
])

/**
 * An option that says what a strategy hashes: `'ip'`, `'path'`, a header, cookie, query parameter
 * or path parameter by its name, or a function. A path parameter that no route to the upstream has
 * is refused at load.
 *
 * @example
 * Type.Object({ by: keySource({ description: 'What is hashed.' }) })
 */
export function keySource(options: { default?: KeySource; description?: string } = {}) {
  const schema = Type.Unsafe<KeySource>({ ...options, shown: WRITTEN, holdsKey: true })
  return checked(schema, keyProblem)
}

/** The path parameters that options hash, by the option's name. */
export function hashedParams(schema: object, options: unknown): [option: string, param: string][] {
  const { properties } = schema as { properties?: Readonly<Record<string, object>> }
  if (properties === undefined || !isPlainObject(options)) return []
  return Object.entries(properties).flatMap(([option, property]): [string, string][] => {
    const source = 'holdsKey' in property ? options[option] : undefined
    return isPlainObject(source) && typeof source.param === 'string' ? [[option, source.param]] : []
  })
}

function keyProblem(source: unknown): string | undefined {
  if (source === 'ip' || source === 'path' || typeof source === 'function') return undefined
  if (!isPlainObject(source)) return `must be ${FORMS}, got ${shown(source)}`
  const kinds = Object.keys(source)
  const unknown = kinds.find((kind) => !NAMES.has(kind))
  if (unknown !== undefined)
    return `unknown key "${unknown}"; ${remedy(unknown, [...NAMES.keys()])}`
  const [kind = ''] = kinds
  const rule = NAMES.get(kind)
  if (rule === undefined || kinds.length > 1) return `must be ${FORMS}, got ${shown(source)}`
  const name = source[kind]
  if (typeof name === 'string' && rule.isRight(name)) return undefined
  return `must have ${rule.wanted} as its ${kind}, got ${shown(name)}`
}
