import {
  CLOCK,
  checked,
  definePlugin,
  duration,
  isHeaderName,
  LOGGER,
  RNG,
  size,
  Type,
} from '#core'
import { AccessLog, type Share } from './access-log.ts'

/**
 * Writes one line for each exchange as it ends, refused and aborted ones and tunnels included, as
 * JSON or in NCSA's combined format. Belongs to the gateway's plugins: requests that no route
 * takes pass there alone.
 *
 * @example
 * plugins: [accessLog({ to: { file: '/var/log/sluice/access.log' }, sample: 0.1 })]
 */
export const accessLog = definePlugin({
  name: 'access-log',
  options: Type.Object({
    to: Type.Optional(
      Type.Union([Type.Literal('stdout'), Type.Object({ file: Type.String({ minLength: 1 }) })], {
        default: 'stdout',
        description: 'The standard output, or the path of a file that lines are appended to.',
      }),
    ),
    format: Type.Optional(
      Type.Union([Type.Literal('json'), Type.Literal('combined')], {
        default: 'json',
        description: 'One JSON object a line, or NCSA’s combined format.',
      }),
    ),
    sample: Type.Optional(
      Type.Unsafe<Share>({
        anyOf: [{ type: 'number', minimum: 0, maximum: 1 }, { callback: 'required' }],
        default: 1,
        description:
          'The share of exchanges that are logged, from 0 to 1, or a function of the exchange that gives one. Failures are always logged.',
      }),
    ),
    headers: Type.Optional(
      Type.Array(checked(Type.String(), nameProblem), {
        default: [],
        description: 'Headers of the request to log too; JSON only.',
      }),
    ),
    redact: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        description:
          'Names of headers and query parameters whose values are secrets, besides the usual ones.',
      }),
    ),
    flushAt: Type.Optional(
      size({ default: '64kb', description: 'Lines are written once so much has gathered.' }),
    ),
    flushInterval: Type.Optional(
      duration({ default: '1s', description: 'Lines are written after so long at the latest.' }),
    ),
    buffer: Type.Optional(
      size({
        default: '8mb',
        description: 'What is kept while it cannot be written. Beyond it lines are dropped.',
      }),
    ),
  }),
  inject: [CLOCK, RNG, LOGGER],
  create: (options, clock, rng, log) => new AccessLog(options, clock, rng, log),
})

function nameProblem(name: string): string | undefined {
  return isHeaderName(name) ? undefined : `"${name}" is no header name`
}
