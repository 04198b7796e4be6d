import {
  checked,
  type Duration,
  duration,
  isFraming,
  isHeaderName,
  isHeaderValue,
  type Resolved,
  Type,
} from '#core'
import type { Check } from './own-probe.ts'

const SHORTEST_MS = 10

export const Options = checked(
  Type.Object({
    type: Type.Optional(
      Type.Enum(['http', 'tcp', 'grpc'], {
        default: 'http',
        description:
          'How endpoints are asked: by a request, by a connection, or by `grpc.health.v1` over HTTP/2.',
      }),
    ),
    path: Type.Optional(
      checked(
        Type.String({
          default: '/',
          description: 'Path and query of the request. HTTP only, as are the next five.',
        }),
        pathProblem,
      ),
    ),
    method: Type.Optional(
      Type.Enum(['GET', 'HEAD', 'OPTIONS', 'POST'], { default: 'GET', description: 'Its method.' }),
    ),
    host: Type.Optional(
      Type.String({
        default: '',
        description: 'Its Host header; empty means the endpoint’s own host and port.',
      }),
    ),
    headers: Type.Optional(
      checked(
        Type.Record(Type.String(), Type.String(), {
          default: {},
          description: 'Further headers, by name.',
        }),
        headersProblem,
      ),
    ),
    status: Type.Optional(
      checked(
        Type.Array(Type.Union([Type.Integer({ minimum: 200, maximum: 599 }), Type.String()]), {
          minItems: 1,
          default: ['200-399'],
          description: 'Statuses that pass, each a number or a range such as `200-299`.',
        }),
        statusProblem,
      ),
    ),
    body: Type.Optional(
      textOrPattern('What the answer’s first 64 KiB must hold: a text, or a RegExp that matches.'),
    ),
    send: Type.Optional(
      Type.String({ default: '', description: 'Said once connected. TCP only, as is the next.' }),
    ),
    expect: Type.Optional(
      textOrPattern('What the endpoint must say, within its first 64 KiB: a text, or a RegExp.'),
    ),
    service: Type.Optional(
      Type.String({
        default: '',
        description: 'The service to ask about; empty asks about the whole server. gRPC only.',
      }),
    ),
    check: Type.Optional(
      Type.Unsafe<Check | null>({
        callback: 'optional',
        default: null,
        description:
          'Asks in place of `type`: gets the endpoint and `{ signal, timeoutMs, target, transport }`, gives whether it is well.',
      }),
    ),
    port: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        default: 0,
        description: 'A port of its own for checks; 0 means the endpoint’s.',
      }),
    ),
    interval: time('2s', 'From the beginning of one check to that of the next.'),
    fastInterval: time(
      '1s',
      'The same while an endpoint is on its way in or out; never more than half of `interval`.',
    ),
    downInterval: time(
      '5s',
      'The same for one that has been out for a minute, unless all are; never less than `interval`.',
    ),
    jitter: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 0.5,
        default: 0.2,
        description: 'Each of these is longer or shorter by up to this share.',
      }),
    ),
    timeout: time('1s', 'For a whole check, the connection and the last byte included.'),
    rise: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        default: 2,
        description:
          'Checks passed in a row that bring an endpoint back; one is enough while none is well.',
      }),
    ),
    fall: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        default: 3,
        description: 'Checks failed in a row that take an endpoint out.',
      }),
    ),
    initial: Type.Optional(
      Type.Enum(['unknown', 'ready'], {
        default: 'unknown',
        description:
          'What a new endpoint is: `unknown` gets flows after one passed check, `ready` at once.',
      }),
    ),
    trustTraffic: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Leaves out the check of a well endpoint that answered a request within the interval.',
      }),
    ),
  }),
  mixProblem,
)

export type HealthOptions = Resolved<typeof Options>

/** A range of statuses as it is written, or undefined for what is none. */
export function statusRange(written: number | string): [from: number, to: number] | undefined {
  const [, first, last] = /^([2-5]\d\d)(?:-([2-5]\d\d))?$/.exec(String(written)) ?? []
  const from = Number(first)
  const to = Number(last ?? first)
  return from <= to ? [from, to] : undefined
}

function time(written: Duration, description: string) {
  return Type.Optional(
    checked(duration({ default: written, description }), (ms) =>
      ms >= SHORTEST_MS ? undefined : `must be at least ${SHORTEST_MS} ms`,
    ),
  )
}

function textOrPattern(description: string) {
  const schema = Type.Unsafe<string | RegExp>({
    default: '',
    shown: 'string | RegExp',
    description,
  })
  return checked(schema, (wanted) =>
    typeof wanted === 'string' || wanted instanceof RegExp
      ? undefined
      : 'must be a text or a RegExp',
  )
}

function statusProblem(statuses: readonly (number | string)[]): string | undefined {
  const wrong = statuses.find((status) => statusRange(status) === undefined)
  if (wrong === undefined) return undefined
  return `must have numbers such as 204 and ranges such as "200-299", got ${JSON.stringify(wrong)}`
}

function headersProblem(headers: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(headers)) {
    if (!isHeaderName(name)) return `"${name}" is no header name`
    if (isFraming(name)) return `"${name}" is between two hops, and the gateway's own to write`
    if (name.toLowerCase() === 'host') return '"host" is set by the option "host"'
    if (!isHeaderValue(value)) {
      return `"${name}" has a value with control characters or beyond latin1`
    }
  }
  return undefined
}

/** What belongs to one kind of check each. */
interface Kinds {
  readonly type: 'http' | 'tcp' | 'grpc'
  readonly check: unknown
  readonly path: string
  readonly method: string
  readonly host: string
  readonly body: unknown
  readonly send: string
  readonly expect: unknown
  readonly service: string
}

function mixProblem(options: Kinds): string | undefined {
  const { type, check, path, method, body, send, expect, service, host } = options
  if (host !== '' && !isHeaderValue(host)) return '/host must be a host such as "a.example.com"'
  const kind = check === null ? type : 'check'
  const isHttp = path !== '/' || method !== 'GET' || body !== '' || host !== ''
  const given = [
    { of: 'http', isGiven: isHttp, names: 'path, method, host and body' },
    { of: 'tcp', isGiven: send !== '' || expect !== '', names: 'send and expect' },
    { of: 'grpc', isGiven: service !== '', names: 'service' },
  ].find(({ of, isGiven }) => isGiven && of !== kind)
  if (given === undefined) return undefined
  const instead = check === null ? `the type is "${type}"` : 'check asks in place of that'
  return `has an option of type "${given.of}" (${given.names}), but ${instead}`
}

function pathProblem(path: string): string | undefined {
  if (/^\/[!-~]*$/.test(path)) return undefined
  return `must begin with "/" and have no spaces, such as "/healthz", got ${JSON.stringify(path)}`
}
