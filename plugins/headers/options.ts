import {
  checked,
  EXCHANGE_PLACEHOLDERS,
  isFraming,
  isHeaderName,
  isHeaderValue,
  LATE_PLACEHOLDERS,
  Template,
  Type,
  templateProblem,
} from '#core'

type Side = 'request' | 'answer'

/** The options of both plugins; what is wrong with a name or a value is told at load. */
export function headerOptions(side: Side) {
  return {
    remove: Type.Optional(
      Type.Array(
        checked(Type.String(), (name) => nameProblem(side, name)),
        {
          default: [],
          description: 'Names to take out, every line of each.',
        },
      ),
    ),
    rename: Type.Optional(
      checked(
        Type.Record(Type.String(), Type.String(), {
          default: {},
          description:
            'New names by old ones: every line moves, in place of what stands under the new name.',
        }),
        (names) => first(Object.entries(names).flat(), (name) => nameProblem(side, name)),
      ),
    ),
    set: Type.Optional(
      checked(
        Type.Record(Type.String(), Type.String(), {
          default: {},
          description: 'Values by name, each in place of every line of that name.',
        }),
        (values) =>
          first(Object.entries(values), ([name, value]) => lineProblem(side, name, value)),
      ),
    ),
    add: Type.Optional(
      checked(
        Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())]), {
          default: {},
          description: 'Values by name, one or several, each as a line beside those of that name.',
        }),
        (values) =>
          first(Object.entries(values), ([name, value]) =>
            first([value].flat(), (line) => addedProblem(side, name, line)),
          ),
      ),
    ),
  }
}

function first<Item>(
  items: readonly Item[],
  problemOf: (item: Item) => string | undefined,
): string | undefined {
  for (const item of items) {
    const problem = problemOf(item)
    if (problem !== undefined) return problem
  }
  return undefined
}

function nameProblem(side: Side, name: string): string | undefined {
  if (!isHeaderName(name)) return `"${name}" is no header name`
  if (isFraming(name)) return `"${name}" is between two hops, and the gateway's own to write`
  if (side === 'request' && name.toLowerCase() === 'host') {
    return '"host" is set by the upstream\'s option "host"'
  }
  return undefined
}

function lineProblem(side: Side, name: string, value: string): string | undefined {
  const problem = nameProblem(side, name)
  if (problem !== undefined) return problem
  if (value === '') return `"${name}" has no value; write remove: ['${name}'] to leave it out`
  if (!isHeaderValue(value)) return `"${name}" has a value with control characters or beyond latin1`
  const wrong = templateProblem(value, EXCHANGE_PLACEHOLDERS)
  return wrong === undefined ? undefined : `"${name}": ${wrong}`
}

function addedProblem(side: Side, name: string, value: string): string | undefined {
  const problem = lineProblem(side, name, value)
  if (problem !== undefined || side === 'answer') return problem
  // It is known only as an attempt begins, and each further attempt would add another line.
  const isLate = new Template(value, EXCHANGE_PLACEHOLDERS).usesAny(LATE_PLACEHOLDERS)
  if (!isLate) return undefined
  return `"${name}": {endpoint.id} and {upstream.name} change with each attempt; use set`
}
