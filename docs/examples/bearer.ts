import { definePlugin, Type } from 'sluice'

/** Tells the upstream whose token a request carries; nobody else can. */
export const bearer = definePlugin({
  name: 'bearer',
  options: Type.Object({ tokens: Type.Record(Type.String(), Type.String()) }),
  create: ({ tokens }) => {
    const owners = new Map(Object.entries(tokens))
    return {
      identity: ['x-user-id'],
      request(exchange) {
        const token = exchange.header('authorization')?.replace(/^Bearer /, '')
        const owner = token === undefined ? undefined : owners.get(token)
        if (owner !== undefined) exchange.setHeader('x-user-id', owner)
      },
    }
  },
})
