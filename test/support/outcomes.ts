import { definePlugin, type Outcome, type Plugin, type PluginUse, Type } from 'sluice'

/** A use of a plugin that is there already. */
export function useOf(instance: Plugin): PluginUse {
  return definePlugin({ name: 'under-test', options: Type.Object({}), create: () => instance })()
}

/** A plugin that writes down how flows ended. */
export function outcomes(): { readonly seen: Outcome[]; readonly plugin: PluginUse } {
  const seen: Outcome[] = []
  const plugin = useOf({
    upstream: (upstream) => {
      upstream.observe((_endpoint, _latencyMs, outcome) => seen.push(outcome))
    },
  })
  return { seen, plugin }
}
