import type { TObject } from 'typebox'
import { closed, type Resolved } from './options.ts'
import { validate } from './validate.ts'

/** One thing that is wrong with data. */
export interface Wrong {
  /** Inside the data as a JSON pointer, such as `/deadline`; empty for the whole. */
  readonly pointer: string
  /** A sentence such as `must be a number, got "x"`. */
  readonly message: string
}

/** Data that passed, with defaults filled and units as numbers, or all that is wrong with it. */
export type Judged<Value> =
  | { readonly isRight: true; readonly value: Value }
  | { readonly isRight: false; readonly wrong: readonly Wrong[] }

/**
 * Makes a judge of data that comes in at run time. It goes by a schema as the options of plugins
 * do: unknown keys are refused, optional ones have defaults, durations and sizes become numbers.
 *
 * @throws TypeError when an optional property has no default
 * @example
 * const judge = validator('pause', Type.Object({ for: duration() }))
 * const judged = judge(JSON.parse(body))
 */
export function validator<Schema extends TObject>(
  name: string,
  schema: Schema,
): (input: unknown) => Judged<Resolved<Schema>> {
  const inForce = closed(name, schema)
  return (input) => {
    const wrong: Wrong[] = []
    const value = validate(inForce, input, (pointer, message) => wrong.push({ pointer, message }))
    if (wrong.length > 0 || value === undefined) return { isRight: false, wrong }
    return { isRight: true, value: value as Resolved<Schema> }
  }
}
