import { CLOCK, definePlugin, LOGGER, RNG, TRANSPORT } from '#core'
import { loadJose } from './jose.ts'
import { Jwt } from './jwt.ts'
import { keysOf } from './keys.ts'
import { Options } from './options.ts'

/**
 * Lets in who shows a JSON Web Token (RFC 7519) that holds: signed by a key of `jwks`, `keys` or
 * `secrets`, in time, from the right issuer, for the right audience, with the scopes and claims that
 * are asked for. Others get 401 or 403 as RFC 6750 says. A token is verified once and remembered
 * until it expires. Takes the package `jose`.
 *
 * @example
 * jwt({ jwks: 'https://id.example.com/jwks.json', issuer: 'https://id.example.com', audience: 'api' })
 * @example
 * jwt({ secrets: [env('JWT_SECRET')], from: { cookie: 'session' }, headers: { 'x-user': 'sub' } })
 */
export const jwt = definePlugin({
  name: 'jwt',
  options: Options,
  inject: [CLOCK, RNG, LOGGER, TRANSPORT],
  create(options, clock, rng, log, transport) {
    const jose = loadJose()
    return new Jwt(options, keysOf(options, { jose, clock, rng, log, transport }), jose, clock, log)
  },
})
