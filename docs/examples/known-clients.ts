import { definePlugin, Type } from 'sluice'

/** Lets clients pass whose certificate carries one of these names. */
export const knownClients = definePlugin({
  name: 'known-clients',
  options: Type.Object({ names: Type.Array(Type.String(), { minItems: 1 }) }),
  create({ names }) {
    const known = new Set(names)
    return {
      request(exchange) {
        const { certificate } = exchange.client
        if (certificate?.names.some((name) => known.has(name))) return
        exchange.reply(403, { 'content-type': 'text/plain' }, 'this client is not known here\n')
      },
    }
  },
})
