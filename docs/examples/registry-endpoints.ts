import { definePlugin, LOGGER, Type, token } from 'sluice'

/** Says who offers a service, at first and after each change, until it is told to stop. */
export interface Registry {
  watch(service: string, changed: (hosts: readonly string[]) => void): () => void
}

export const REGISTRY = token<Registry>('REGISTRY')

export const registryEndpoints = definePlugin({
  name: 'registry-endpoints',
  options: Type.Object({ service: Type.String({ minLength: 1 }) }),
  inject: [REGISTRY, LOGGER],
  create: ({ service }, registry, log) => ({
    discover: (update) =>
      registry.watch(service, (hosts) => {
        try {
          update(hosts.map((host) => `http://${host}`))
        } catch (error: unknown) {
          log.warn({ err: error, service }, 'the last endpoints stay')
        }
      }),
  }),
})
