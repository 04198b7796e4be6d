import { definePlugin, type PluginUse, Type, type Upstream } from 'sluice'

/** A plugin that keeps the upstreams that it is shown, for a test to look at. */
export interface UpstreamSpy {
  readonly use: PluginUse
  readonly upstreams: readonly Upstream[]
  /** The first one. */
  upstream(): Upstream
}

export function upstreamSpy(): UpstreamSpy {
  const upstreams: Upstream[] = []
  const spy = definePlugin({
    name: 'spy',
    options: Type.Object({}),
    create: () => ({
      upstream(upstream) {
        upstreams.push(upstream)
      },
    }),
  })
  return {
    use: spy(),
    upstreams,
    upstream() {
      const [first] = upstreams
      if (first === undefined) throw new Error('the spy was shown no upstream')
      return first
    },
  }
}
