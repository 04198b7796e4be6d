import { definePlugin, Type } from 'sluice'

/** Drains endpoints by their ids, for as long as they are listed. */
export const outOfService = definePlugin({
  name: 'out-of-service',
  options: Type.Object({ ids: Type.Array(Type.String()) }),
  create: ({ ids }) => ({
    upstream(upstream) {
      upstream.watch({
        joined(endpoint) {
          if (ids.includes(endpoint.id)) upstream.drain(endpoint, { cause: 'out of service' })
        },
      })
    },
  }),
})
