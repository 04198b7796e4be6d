import { CLOCK, definePlugin, LOGGER, RNG, Type } from '#core'
import { FileSource } from './file-source.ts'
import { parserOf } from './format.ts'
import { DOCUMENT, pause, SOURCE } from './options.ts'
import { Watch } from './watch.ts'

/**
 * Reads endpoints from a JSON or YAML file, and again whenever it changes: written in place, replaced,
 * or behind a link that is turned. A file that is gone, half-written or wrong changes nothing.
 *
 * @example
 * upstreams: {
 *   users: { endpoints: fileEndpoints({ file: '/etc/sluice/users.json' }), balance: powerOfTwo() },
 * }
 */
export const fileEndpoints = definePlugin({
  name: 'file-endpoints',
  options: Type.Object({
    file: Type.String({
      minLength: 1,
      description:
        'The path. YAML where it ends in `.yaml` or `.yml` (install the package `yaml`), else JSON.',
    }),
    interval: pause({ default: '1s', description: 'Between looks whether it has changed.' }),
    ...DOCUMENT,
    ...SOURCE,
  }),
  inject: [CLOCK, RNG, LOGGER],
  create: (options, clock, rng, log) => ({
    async discover(update) {
      const source = new FileSource(options, await parserOf(options.file, options.parse))
      return new Watch(source, options, clock, rng, log).begin(update)
    },
  }),
})
