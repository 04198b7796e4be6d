import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { TSchema } from 'typebox'
import { passesChecks } from './checked.ts'
import { asObject, copyFor, parseUnits } from './options.ts'
import { remedy } from './suggest.ts'
import { EXAMPLES, parseUnit, type UnitName } from './units.ts'

const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false, verbose: true })
ajv.addKeyword({
  keyword: 'unit',
  validate: (unit: UnitName, data: unknown) => parseUnit(unit, data) !== undefined,
})
ajv.addKeyword({
  keyword: 'callback',
  validate: (need: 'required' | 'optional', data: unknown) =>
    typeof data === 'function' || (need === 'optional' && data === null),
})

const KINDS: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
}

const compiled = new WeakMap<TSchema, ValidateFunction>()

/**
 * Validates a copy of `input` and returns it with defaults filled and units parsed; or undefined,
 * after `report` was called for each thing that is wrong, with the place inside `input`
 * (`/window`, empty for the whole) and the sentence.
 */
export function validate(
  schema: TSchema,
  input: unknown,
  report: (place: string, sentence: string) => void,
): unknown {
  const copy = copyFor(schema, input)
  const check = compiled.get(schema) ?? compile(schema)
  const isValid = check(copy)
  const value = parseUnits(schema, copy)
  const errors = isValid ? [] : (check.errors ?? [])
  reportFirst(errors, report)
  const wrong = errors.map((error) => error.instancePath)
  return passesChecks(schema, value, '', wrong, report) && isValid ? value : undefined
}

// Ajv would keep every schema it has seen, and a reload brings those of the user's plugins anew.
function compile(schema: TSchema): ValidateFunction {
  const check = ajv.compile(schema)
  ajv.removeSchema(schema)
  compiled.set(schema, check)
  return check
}

function reportFirst(
  errors: readonly ErrorObject[],
  report: (place: string, sentence: string) => void,
): void {
  // A value may break several rules at once: the first says enough. Unknown and missing keys are
  // told at their object, each its own.
  const told = new Set<string>()
  const choices = errors.filter((error) => error.keyword === 'anyOf')
  for (const error of errors) {
    // Why each of several forms is not the one would only confuse: the choice itself is told.
    if (choices.some((choice) => choice !== error && isWithin(error, choice))) continue
    const place = error.instancePath
    const isOfItsOwn = error.keyword === 'additionalProperties' || error.keyword === 'required'
    if (!isOfItsOwn && told.has(place)) continue
    told.add(place)
    report(place, sentence(error))
  }
}

function isWithin(error: ErrorObject, choice: ErrorObject): boolean {
  return error.schemaPath.startsWith(`${choice.schemaPath}/`)
}

/** A value as a message shows it: short, on one line. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (value === undefined) return 'nothing'
  if (typeof value === 'number') return String(value)
  // A URL that stands in the wrong place may hold a password.
  const text = (JSON.stringify(value) ?? String(value)).replace(/\/\/[^/@"\s]*@/g, '//…@')
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

function sentence(error: ErrorObject): string {
  const got = `got ${shown(error.data)}`
  const params: Record<string, unknown> = error.params
  switch (error.keyword) {
    case 'additionalProperties': {
      const wrong = String(params.additionalProperty)
      const allowed = Object.keys(error.parentSchema?.properties ?? {})
      return `unknown key "${wrong}"; ${remedy(wrong, allowed)}`
    }
    case 'required':
      return `"${params.missingProperty}" is missing`
    case 'type':
      return `must be ${KINDS[String(params.type)] ?? params.type}, ${got}`
    case 'unit':
      return `must be ${EXAMPLES[error.schema as UnitName]}, ${got}`
    case 'callback':
      return `must be a function, ${got}`
    case 'enum':
      return `must be one of ${(error.schema as unknown[]).map(shown).join(', ')}, ${got}`
    case 'const':
      return `must be ${shown(error.schema)}, ${got}`
    case 'minLength':
      return params.limit === 1
        ? 'must not be empty'
        : `must have at least ${params.limit} characters, ${got}`
    case 'minItems':
      return `must have at least ${params.limit === 1 ? 'one item' : `${params.limit} items`}, ${got}`
    case 'anyOf':
      return `must be ${(error.schema as TSchema[]).map(form).join(' or ')}, ${got}`
    default:
      return `${error.message ?? 'is wrong'}, ${got}`
  }
}

/** One of several forms that a value may have. */
function form(schema: TSchema): string {
  const rules = schema as Readonly<Record<string, unknown>>
  if (rules.const !== undefined) return shown(rules.const)
  if (rules.callback !== undefined) return 'a function'
  if (rules.properties !== undefined)
    return `{ ${Object.keys(asObject(rules.properties)).join(', ')} }`
  const { type, minimum, maximum } = rules
  if (minimum !== undefined && maximum !== undefined)
    return `a ${type} from ${minimum} to ${maximum}`
  return KINDS[String(type)] ?? String(type)
}
