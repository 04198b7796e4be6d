import * as plugins from 'sluice/plugins'
import type { UnitName } from '../../core/config/units.ts'
import type { Definition } from '../../core/contracts/uses.ts'
import { allowed, type Rules, shownDefault } from './rules.ts'
import { table } from './table.ts'

interface Option extends Rules {
  readonly description?: string
  readonly type?: string
  readonly unit?: UnitName
  readonly callback?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Option[]
  readonly items?: Option
  readonly properties?: Readonly<Record<string, Option>>
  readonly patternProperties?: Readonly<Record<string, Option>>
  readonly required?: readonly string[]
}

const TYPES: Readonly<Record<string, string>> = { integer: 'number', null: 'null' }

/**
 * The Markdown table of a plugin's or a strategy's options, by its kebab-case name: everything in
 * it stands in the schema, each option's meaning as its `description`. Options inside an option
 * that is an object get rows of their own, such as `body.limit`.
 */
export function pluginOptions(name: string): string {
  const schema = definitionOf(name).options as unknown as Option
  const rows = rowsOf(name, '', schema)
  return table([['option', 'type', 'default', 'allowed', 'meaning'], ...rows])
}

/** The names of every plugin and strategy that takes options. */
export function namesWithOptions(): string[] {
  return Object.values(plugins)
    .map((factory) => definitionBy(factory))
    .filter((found) => found !== undefined && Object.keys(found.options.properties).length > 0)
    .map((found) => found?.name ?? '')
}

function definitionOf(name: string): Definition<unknown> {
  const exported = name.replace(/-([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase())
  const found = definitionBy(Object.entries(plugins).find(([key]) => key === exported)?.[1])
  if (found === undefined) throw new Error(`sluice/plugins exports no ${exported}`)
  return found
}

// A call in a config gives data that holds the definition; options are not looked at before boot.
function definitionBy(factory: unknown): Definition<unknown> | undefined {
  if (typeof factory !== 'function') return undefined
  const use: unknown = factory({})
  if (typeof use !== 'object' || use === null || !('definition' in use)) return undefined
  return use.definition as Definition<unknown>
}

function rowsOf(owner: string, prefix: string, schema: Option): string[][] {
  const { properties = {}, required = [] } = schema
  return Object.entries(properties).flatMap(([key, option]) => {
    const path = prefix + key
    if (!option.description) throw new Error(`${owner}: the option ${path} has no description`)
    const byDefault = required.includes(key) ? 'required' : shownDefault(option)
    const row = [code(path), code(typeOf(option)), byDefault, allowed(option), option.description]
    return [row, ...rowsOf(owner, `${path}.`, option)]
  })
}

function typeOf(option: Option): string {
  if (option.unit !== undefined) return option.unit === 'duration' ? 'Duration' : 'Size'
  if (option.callback !== undefined) return 'function'
  if (option.anyOf !== undefined) return [...new Set(option.anyOf.map(typeOf))].join(' | ')
  if ('const' in option) return literal(option.const)
  if (option.enum !== undefined) return option.enum.map(literal).join(' | ')
  if (option.type === 'array') return listOf(typeOf(option.items ?? {}))
  if (option.type === 'object') return objectType(option)
  return TYPES[option.type ?? ''] ?? option.type ?? 'unknown'
}

function objectType({ properties, patternProperties }: Option): string {
  if (properties !== undefined) return 'object'
  const [value] = Object.values(patternProperties ?? {})
  return `Record<string, ${value === undefined ? 'unknown' : typeOf(value)}>`
}

function listOf(item: string): string {
  return item.includes(' ') ? `(${item})[]` : `${item}[]`
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}

function code(text: string): string {
  return `\`${text}\``
}
