import { definePlugin } from '#core'
import { IpAccess } from './ip-access.ts'
import { Options } from './options.ts'

/**
 * Lets in, or keeps out, by the client's address: the right-most one that is not a trusted proxy's.
 * Refused requests get 403, refused TCP connections are closed before an endpoint is chosen.
 *
 * @example
 * ipAccess({ allow: ['10.0.0.0/8', '2001:db8::/32'] })
 * @example
 * ipAccess({ deny: ['192.0.2.0/24'] })
 */
export const ipAccess = definePlugin({
  name: 'ip-access',
  options: Options,
  create: (options) => new IpAccess(options),
})
