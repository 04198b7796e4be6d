import { CLOCK, type Clock, definePlugin, type Plugin, REDIS, type Redis } from '#core'
import { CookieSessions } from './cookie-sessions.ts'
import { LearnedSessions } from './learned-sessions.ts'
import { Options, type StickyOptions } from './options.ts'
import { RedisSessions } from './redis-sessions.ts'

/**
 * Sends the requests of a session to one endpoint, for as long as that can take them. The session is
 * named by a signed cookie of the gateway's own, or by what the application itself names it by.
 *
 * It is a preference and no strategy: the upstream's strategy chooses for new sessions, and for those
 * whose endpoint is held, full, gone, or failed an attempt; the answer then binds them to the endpoint
 * that gave it. One that is drained keeps its sessions until the deadline of its drain.
 *
 * For the plugins of a route or of an upstream.
 *
 * @example
 * plugins: [stickySession({ secret: env('STICKY_SECRET') })]
 * @example
 * plugins: [stickySession({ learn: { cookie: 'JSESSIONID' }, redis: { url: env('REDIS_URL') } })]
 */
export const stickySession = definePlugin({
  name: 'sticky-session',
  options: Options,
  inject: [CLOCK, REDIS],
  create: sessionsOf,
})

function sessionsOf(options: StickyOptions, clock: Clock, redis: Redis): Plugin {
  const { learn } = options
  if (learn === null) return new CookieSessions(options, clock)
  const { url } = options.redis
  const shared = url === '' ? undefined : new RedisSessions(redis.connect(options.redis), options)
  return new LearnedSessions({ ...options, learn }, clock, shared)
}
