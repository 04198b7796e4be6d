import { CLOCK, definePlugin, LOGGER } from '#core'
import { BasicAuth } from './basic-auth.ts'
import { Options } from './options.ts'

/**
 * Lets in who knows a password (RFC 7617). The config and the file of users hold scrypt hashes. Others
 * get 401 and are asked by their browser. A right password is worked out once and remembered for a
 * while; wrong ones cost a bounded share of the machine, whoever sends them.
 *
 * @example
 * basicAuth({ users: [{ name: 'ada', hash: '$scrypt$ln=15,r=8,p=1$…$…' }], realm: 'staff' })
 * @example
 * basicAuth({ file: '/etc/sluice/users', header: 'x-user' })
 */
export const basicAuth = definePlugin({
  name: 'basic-auth',
  options: Options,
  inject: [CLOCK, LOGGER],
  create: (options, clock, log) => new BasicAuth(options, clock, log),
})
