import type { Plugin } from '../contracts/plugin.ts'
import type { Selector } from '../contracts/selector.ts'
import type { Strategy } from '../contracts/strategy.ts'
import type {
  ChainUse,
  Definition,
  NativeUse,
  PluginUse,
  SelectorUse,
  StrategyUse,
} from '../contracts/uses.ts'
import { isPlainObject } from './options.ts'
import type { Problems } from './problems.ts'
import type { ResolvedChainUse, ResolvedUse } from './resolved.ts'
import { shown, validate } from './validate.ts'

type OptionedUse<Instance> = (PluginUse | SelectorUse | StrategyUse) & {
  readonly definition: Definition<Instance>
}

const DISPLAY_NAME = Symbol.for('fastify.display-name')

/** A chain that may hold native Fastify plugins: a route's or the gateway's. */
export function resolveChain(
  place: string,
  uses: readonly unknown[],
  problems: Problems,
): ResolvedChainUse[] {
  const resolved: ResolvedChainUse[] = []
  for (const [index, use] of uses.entries()) {
    const here = `${place}[${index}]`
    if (isUse<NativeUse>(use, 'native')) {
      if (typeof use.plugin !== 'function') {
        problems.add(here, `native: must be given a Fastify plugin, got ${shown(use.plugin)}`)
        continue
      }
      const name = nativeName(use)
      resolved.push({ ...use, name, place: `${here} ${name}` })
    } else {
      const plugin = resolvePlugin(here, use, problems, 'a plugin')
      if (plugin !== undefined) resolved.push(plugin)
    }
  }
  return resolved
}

/** The chain of an upstream: no native plugins, since those belong to routes. */
export function resolvePlugins(
  place: string,
  uses: readonly unknown[],
  problems: Problems,
): ResolvedUse<Plugin>[] {
  const resolved = uses.map((use, index) => {
    const here = `${place}[${index}]`
    if (!isUse<NativeUse>(use, 'native')) return resolvePlugin(here, use, problems, 'a plugin')
    problems.add(here, `${nativeName(use)}: a native plugin belongs to a route or to the gateway`)
    return undefined
  })
  return resolved.filter((use) => use !== undefined)
}

export function resolveStrategy(
  place: string,
  use: unknown,
  problems: Problems,
): ResolvedUse<Strategy> | undefined {
  if (isUse<StrategyUse>(use, 'strategy')) {
    return resolveOptions<Strategy>(`${place} ${use.definition.name}`, use, problems)
  }
  const got = typeof use === 'function' ? `${nameOf(use)}; call it` : described(use)
  problems.add(place, `must be a strategy such as roundRobin(), got ${got}`)
  return undefined
}

/** What stands around an upstream's strategy, outermost first. */
export function resolveSelectors(
  place: string,
  input: unknown,
  problems: Problems,
): ResolvedUse<Selector>[] {
  if (!Array.isArray(input)) {
    problems.add(place, `must be a list of selectors such as [priority()], got ${described(input)}`)
    return []
  }
  const resolved = input.map((use: unknown, index) => {
    const here = `${place}[${index}]`
    if (isUse<SelectorUse>(use, 'selector')) {
      return resolveOptions<Selector>(`${here} ${use.definition.name}`, use, problems)
    }
    problems.add(here, `must be a selector such as priority(), got ${described(use)}`)
    return undefined
  })
  return resolved.filter((use) => use !== undefined)
}

/** One native plugin may stand in one place of a chain: Fastify decorates a scope once. */
export function refuseRepeatedNatives(
  gateway: readonly ResolvedChainUse[],
  chains: readonly (readonly ResolvedChainUse[])[],
  problems: Problems,
): void {
  const outer = repeated([], gateway, problems)
  for (const chain of chains) repeated(outer, chain, problems)
}

function repeated(
  outer: readonly ResolvedChainUse[],
  chain: readonly ResolvedChainUse[],
  problems: Problems,
): ResolvedChainUse[] {
  const seen = [...outer]
  for (const use of chain) {
    if (use.kind !== 'native') continue
    const first = seen.find((other) => other.kind === 'native' && other.plugin === use.plugin)
    if (first !== undefined) {
      problems.add(
        use.place,
        `this native plugin stands at ${first.place} already; keep one of them`,
      )
    }
    seen.push(use)
  }
  return seen
}

/** The plugin behind a field of a route, whose place says enough. */
export function resolveField(
  place: string,
  use: PluginUse,
  problems: Problems,
): ResolvedUse<Plugin> | undefined {
  return resolveOptions<Plugin>(place, use, problems)
}

/** A plugin that stands by itself; `wanted` says what may stand there. */
export function resolvePlugin(place: string, use: unknown, problems: Problems, wanted: string) {
  if (isUse<PluginUse>(use, 'plugin')) {
    return resolveOptions<Plugin>(`${place} ${use.definition.name}`, use, problems)
  }
  problems.add(place, `must be ${wanted}, got ${described(use)}`)
  return undefined
}

function resolveOptions<Instance>(
  place: string,
  use: OptionedUse<Instance>,
  problems: Problems,
): ResolvedUse<Instance> | undefined {
  const { definition } = use
  const options = validate(definition.options, use.options, (inside, sentence) =>
    problems.add(place, inside === '' ? sentence : `${inside} ${sentence}`),
  )
  if (options === undefined) return undefined
  return { kind: 'use', isPlugin: use.kind === 'plugin', definition, options, place }
}

function isUse<Use extends ChainUse | SelectorUse | StrategyUse>(
  use: unknown,
  kind: Use['kind'],
): use is Use {
  return isPlainObject(use) && use.kind === kind
}

function nativeName(use: NativeUse): string {
  if (typeof use.plugin !== 'function') return 'native'
  const name: unknown = Reflect.get(use.plugin, DISPLAY_NAME)
  return typeof name === 'string' ? name : use.plugin.name || 'native plugin'
}

function nameOf(use: { readonly name: string }): string {
  return `the function ${use.name || 'itself'}`
}

function described(use: unknown): string {
  if (typeof use === 'function') {
    return `${nameOf(use)}; call it, or wrap a Fastify plugin in native()`
  }
  if (isPlainObject(use) && isPlainObject(use.definition)) {
    return `the ${String(use.kind)} ${String(use.definition.name)}`
  }
  return shown(use)
}
