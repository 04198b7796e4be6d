import { definePlugin, LOGGER, Type } from 'sluice'
import { breakersOf } from 'sluice/plugins'

/** Logs whenever a breaker of an endpoint opens, with what it saw. */
export const breakerLog = definePlugin({
  name: 'breaker-log',
  options: Type.Object({}),
  inject: [LOGGER],
  create: (_options, log) => ({
    upstream(upstream) {
      upstream.watch({
        joined(endpoint) {
          for (const breaker of breakersOf(endpoint)) {
            breaker.on('open', () => {
              const { failures, fires } = breaker.stats
              log.error({ breaker: breaker.name, failures, fires }, 'somebody should look')
            })
          }
        },
      })
    },
  }),
})
