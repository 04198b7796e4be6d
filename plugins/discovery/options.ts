import { checked, duration, isHeaderName, isHeaderValue, size, Type } from '#core'

// Sources that are asked without a pause would keep a core, and their server, busy.
const SHORTEST_MS = 10

/** What every source of endpoints can be told. */
export const SOURCE = {
  onEmpty: Type.Optional(
    Type.Enum(['keep', 'clear'], {
      default: 'keep',
      description:
        'What it means that the source names no endpoint: a fault, and the last known ones stay, or that there are none.',
    }),
  ),
  wait: Type.Optional(
    duration({
      default: '5s',
      description:
        'How long a start or a reload waits for the first endpoints. Then it goes on with none, and the search with it.',
    }),
  ),
  required: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Whether the load fails where there are no endpoints by then.',
    }),
  ),
  maxEndpoints: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 10_000,
      description: 'More than so many are taken for a fault.',
    }),
  ),
}

/** What every source of documents can be told. */
export const DOCUMENT = {
  parse: Type.Optional(
    Type.Unsafe<((text: string) => unknown) | null>({
      callback: 'optional',
      default: null,
      description:
        'Reads the document: gives a list of endpoints, or `{ endpoints: […] }`, or a promise of one.',
    }),
  ),
  maxBytes: Type.Optional(
    size({ default: '1mb', description: 'A larger document is taken for a fault.' }),
  ),
}

/** Headers of a request by name, each checked at load. */
export const HEADERS = Type.Optional(
  checked(
    Type.Record(Type.String(), Type.String(), {
      default: {},
      description: 'Headers of each request, such as a token.',
    }),
    (headers) => {
      const wrong = Object.entries(headers).find(
        ([name, value]) => !isHeaderName(name) || !isHeaderValue(value),
      )
      return wrong && `has a name or a value that no header can have: "${wrong[0]}"`
    },
  ),
)

/** A time between looks. */
export function pause(given: Parameters<typeof duration>[0]) {
  return Type.Optional(
    checked(duration(given), (ms) => {
      return ms < SHORTEST_MS ? `must be at least ${SHORTEST_MS} ms, got ${ms}` : undefined
    }),
  )
}
