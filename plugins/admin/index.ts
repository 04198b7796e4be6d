import { CLOCK, checked, definePlugin, GATEWAY, LIFECYCLE, LOGGER, MEMORY, Type } from '#core'
import { Admin } from './admin.ts'
import { isLoopback } from './guard.ts'

const SHORTEST_TOKEN = 16

/**
 * An HTTP API on a port of its own, by which people and pre-stop hooks look at the gateway, drain,
 * hold, weigh, add and remove endpoints, reload and stop. Stands once, in the gateway's own plugins.
 *
 * @example
 * plugins: [admin({ port: 9901 })]
 * @example
 * plugins: [admin({ host: '0.0.0.0', port: 9901, token: env('ADMIN_TOKEN') })]
 */
export const admin = definePlugin({
  name: 'admin',
  gatewayOnly: true,
  once: true,
  options: checked(
    Type.Object({
      host: Type.Optional(
        Type.String({
          default: '127.0.0.1',
          minLength: 1,
          description: 'The address to listen on. Off loopback a `token` is required.',
        }),
      ),
      port: Type.Optional(
        Type.Integer({
          default: 9901,
          minimum: 0,
          maximum: 65_535,
          description: 'The port; 0 for one that the system chooses, which the log tells.',
        }),
      ),
      token: Type.Optional(
        checked(
          Type.String({
            default: '',
            description: `What every request must carry as \`authorization: Bearer …\`, ${SHORTEST_TOKEN} characters at least; empty for none.`,
          }),
          tokenProblem,
        ),
      ),
      hosts: Type.Optional(
        Type.Array(Type.String({ minLength: 1 }), {
          default: [],
          description:
            'Names, without ports, by which the listener may be asked beside `localhost` and its addresses. Off loopback any will do where none is listed.',
        }),
      ),
      origins: Type.Optional(
        Type.Array(Type.String({ minLength: 1 }), {
          default: [],
          description:
            'Origins, such as `https://ops.example.com`, whose pages may ask from a browser.',
        }),
      ),
    }),
    tokenMissing,
  ),
  inject: [CLOCK, LOGGER, LIFECYCLE, GATEWAY, MEMORY],
  create(options, clock, log, lifecycle, gateway, memory) {
    return new Admin(options, { clock, log, lifecycle, gateway, memory })
  },
})

function tokenMissing({ host, token }: { host: string; token: string }): string | undefined {
  if (token !== '' || isLoopback(host)) return undefined
  return `host "${host}" can be reached from elsewhere, so a token is required: token: env('ADMIN_TOKEN')`
}

function tokenProblem(token: string): string | undefined {
  if (token === '') return undefined
  if (!/^[\x21-\x7e]+$/.test(token)) return 'must have printable characters alone, no spaces'
  if (token.length >= SHORTEST_TOKEN) return undefined
  return `must have at least ${SHORTEST_TOKEN} characters, such as those of \`openssl rand -hex 32\``
}
