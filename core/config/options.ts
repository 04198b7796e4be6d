import type { Static, TArray, TObject, TSchema } from 'typebox'
import type { UnitName, UnitSchema } from './units.ts'
import { parseUnit } from './units.ts'

/** What `create` receives: every option there, durations and sizes as numbers. */
export type Resolved<Schema extends TObject> = ResolvedProperties<Schema['properties']>

type ResolvedProperties<Properties> = {
  readonly [K in keyof Properties]-?: Properties[K] extends TSchema
    ? ResolvedValue<Properties[K]>
    : never
}

/** The same for one option. */
export type ResolvedValue<Schema extends TSchema> =
  Schema extends UnitSchema<unknown>
    ? number
    : Schema extends { properties: infer Properties }
      ? ResolvedProperties<Properties>
      : Schema extends TArray<infer Item>
        ? readonly ResolvedValue<Item>[]
        : Static<Schema>

/**
 * The schema as it is enforced: unknown keys refused at every level.
 *
 * @throws TypeError when an optional property has no default
 */
export function closed<Schema extends TObject>(owner: string, schema: Schema): Schema {
  return closeSchema(owner, '', schema) as Schema
}

/** A copy of plain objects and arrays; everything else, functions included, stays itself. */
export function copyPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyPlain)
  if (!isPlainObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyPlain(item)]))
}

/** The same, but for what its schema says nothing of: that is judged, and copied, elsewhere. */
export function copyFor(schema: TSchema, value: unknown): unknown {
  const { items, properties, patternProperties } = schema as Structure
  if (items !== undefined && Array.isArray(value)) return value.map((item) => copyFor(items, item))
  if (!isPlainObject(value)) return copyPlain(value)
  if (properties === undefined && patternProperties === undefined) {
    return 'type' in schema || 'anyOf' in schema ? copyPlain(value) : value
  }
  const [others] = Object.values(patternProperties ?? {})
  const entries = Object.entries(value).map(([key, item]) => {
    const own =
      properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : others
    return [key, own === undefined ? copyPlain(item) : copyFor(own, item)]
  })
  return Object.fromEntries(entries)
}

interface Structure {
  readonly items?: TSchema
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly patternProperties?: Readonly<Record<string, TSchema>>
}

/** Turns every duration and size of a validated value into its number, in place. */
export function parseUnits(schema: TSchema, value: unknown): unknown {
  const { unit, properties, items } = schema as Structure & { readonly unit?: UnitName }
  if (unit !== undefined) return parseUnit(unit, value)
  if (items !== undefined && Array.isArray(value)) {
    return value.map((item) => parseUnits(items, item))
  }
  if (properties === undefined || !isPlainObject(value)) return value
  for (const [key, property] of Object.entries(properties)) {
    if (key in value) value[key] = parseUnits(property, value[key])
  }
  return value
}

/** The value if it is an object, else an empty one: for looking into input that may be wrong. */
export function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** The value if it is a list, else an empty one. */
export function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

function closeSchema(owner: string, path: string, node: unknown): unknown {
  if (Array.isArray(node)) return node.map((item) => closeSchema(owner, path, item))
  if (!isPlainObject(node)) return node
  const copy: Record<string, unknown> = {}
  const isMap = path.endsWith('/properties')
  for (const [key, child] of Object.entries(node)) {
    const isValue = key === 'default' && !isMap
    copy[key] = isValue ? child : closeSchema(owner, `${path}/${key}`, child)
    if (UNREACHED.has(key) && !isMap) refuseInside(owner, key, child)
  }
  if (node.type === 'object' && isPlainObject(node.properties)) {
    copy.additionalProperties ??= false
    requireDefaults(owner, node.properties, node.required)
  }
  return copy
}

// Keywords below which Ajv fills no defaults in, no units are parsed and no checks are asked.
const UNREACHED = new Set(['anyOf', 'oneOf', 'allOf', 'not', 'patternProperties', 'prefixItems'])

function refuseInside(owner: string, key: string, node: unknown): void {
  if (typeof node !== 'object' || node === null) return
  for (const [name, child] of Object.entries(node)) {
    if (name === 'unit' || name === 'default' || name === 'check') {
      throw new TypeError(`${owner}: an option inside ${key} can have no ${name}`)
    }
    refuseInside(owner, key, child)
  }
}

function requireDefaults(owner: string, properties: object, required: unknown): void {
  const names = Array.isArray(required) ? required : []
  for (const [key, property] of Object.entries(properties)) {
    if (names.includes(key) || 'default' in property) continue
    throw new TypeError(`${owner}: the option "${key}" is optional and has no default`)
  }
}
