import { CLOCK, definePlugin, LOGGER, TRANSPORT } from '#core'
import { ForwardAuth } from './forward-auth.ts'
import { Options } from './options.ts'

/**
 * Asks a service first, with the method, host and path of the request and a list of its headers. 2xx
 * lets the request in, with headers of that answer; 401, 403 and a redirect go to the client instead.
 * While the service gives no such answer in time, requests get 503.
 *
 * @example
 * forwardAuth({ url: 'http://auth.internal:4180/oauth2/auth', copy: ['x-auth-request-user'] })
 * @example
 * forwardAuth({ url: 'http://auth.internal/verify', copy: ['x-user'], cache: { for: '10s' } })
 */
export const forwardAuth = definePlugin({
  name: 'forward-auth',
  options: Options,
  inject: [CLOCK, LOGGER, TRANSPORT],
  create: (options, clock, log, transport) => new ForwardAuth(options, clock, log, transport),
})
