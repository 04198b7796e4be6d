import { CLOCK, definePlugin, LOGGER } from '#core'
import { ApiKey } from './api-key.ts'
import { Options } from './options.ts'

/**
 * Lets in who shows a key that is known. The config and the file of keys hold SHA-256 digests alone, so
 * that who reads them has no key. Others get 401.
 *
 * @example
 * apiKey({ keys: [{ subject: 'ada', hash: 'sha256:9f86d081…', claims: { plan: 'gold' } }] })
 * @example
 * apiKey({ file: '/etc/sluice/api-keys', from: 'bearer', header: 'x-client' })
 */
export const apiKey = definePlugin({
  name: 'api-key',
  options: Options,
  inject: [CLOCK, LOGGER],
  create: (options, clock, log) => new ApiKey(options, clock, log),
})
