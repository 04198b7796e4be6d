import { CLOCK, definePlugin, Type } from 'sluice'

/** Writes into each answer when its request came in, in ms since the Unix epoch. */
export const stamp = definePlugin({
  name: 'stamp',
  options: Type.Object({ header: Type.Optional(Type.String({ default: 'x-received-at' })) }),
  inject: [CLOCK],
  create: ({ header }, clock) => ({
    request(exchange) {
      exchange.setAnswerHeader(header, String(clock.wall()))
    },
  }),
})
