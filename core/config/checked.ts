import type { TSchema } from 'typebox'
import { isPlainObject, type ResolvedValue } from './options.ts'

type Check = (value: never) => string | undefined

/**
 * A schema with a rule that no schema can say. `check` is asked at load, by `sluice check` too, for
 * values that are right otherwise: defaults filled, durations and sizes as numbers. It gives what
 * is wrong as a sentence that reads on after the option's name, such as `must end with a slash`.
 *
 * @example
 * Type.Object({
 *   least: Type.Integer(),
 *   most: checked(Type.Integer(), (most) => (most % 2 === 0 ? undefined : 'must be even')),
 * })
 */
export function checked<const Schema extends TSchema>(
  schema: Schema,
  check: (value: ResolvedValue<Schema>) => string | undefined,
): Schema {
  // What TypeBox knows of a schema is in properties that a spread would lose.
  const copy = Object.defineProperties({}, Object.getOwnPropertyDescriptors(schema)) as Schema
  return Object.assign(copy, { check })
}

/**
 * Asks the checks of a schema, those inside first. What is wrong inside a value, as `wrong` tells
 * by the places, keeps the value's own check from being asked. True if nothing is.
 */
export function passesChecks(
  schema: TSchema,
  value: unknown,
  place: string,
  wrong: readonly string[],
  report: (place: string, sentence: string) => void,
): boolean {
  const { check, properties, items } = schema as {
    check?: Check
    properties?: Readonly<Record<string, TSchema>>
    items?: TSchema
  }
  let isRight = !wrong.some((other) => `${other}/`.startsWith(`${place}/`))
  const ask = (inner: TSchema, item: unknown, key: string | number): void => {
    isRight = passesChecks(inner, item, `${place}/${key}`, wrong, report) && isRight
  }
  if (properties !== undefined && isPlainObject(value)) {
    for (const [key, inner] of Object.entries(properties)) {
      if (key in value) ask(inner, value[key], key)
    }
  }
  if (items !== undefined && Array.isArray(value)) {
    for (const [index, item] of value.entries()) ask(items, item, index)
  }
  if (!isRight || check === undefined) return isRight
  const problem = check(value as never)
  if (problem !== undefined) report(place, problem)
  return problem === undefined
}
