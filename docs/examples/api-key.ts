import { contextKey, definePlugin, LOGGER, Type, token } from 'sluice'

/** Knows whose key this is. */
export interface KeyStore {
  ownerOf(key: string): Promise<string | undefined>
}

export const KEY_STORE = token<KeyStore>('KEY_STORE')
export const OWNER = contextKey<string>('owner')

/** Answers 401 to requests without a known key, and tells the upstream whose key it was. */
export const apiKey = definePlugin({
  name: 'api-key',
  options: Type.Object({ header: Type.String({ minLength: 1 }) }),
  inject: [KEY_STORE, LOGGER],
  create: ({ header }, keys, log) => ({
    async request(exchange) {
      const key = exchange.header(header)
      const owner = key === undefined ? undefined : await keys.ownerOf(key)
      if (owner === undefined) {
        exchange.reply(401, { 'content-type': 'text/plain' }, 'a known key is needed\n')
        return
      }
      exchange.flow.context.set(OWNER, owner)
      exchange.removeHeader(header)
      exchange.setHeader('x-key-owner', owner)
    },
    finished(exchange, outcome) {
      const owner = exchange.flow.context.get(OWNER) ?? 'nobody'
      log.info({ owner, route: exchange.route.id, outcome }, 'request')
    },
  }),
})
