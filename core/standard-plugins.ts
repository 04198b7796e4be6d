import { isBinding } from './config/bindings.ts'
import { asList, asObject } from './config/options.ts'
import { resolveSteps } from './config/resolve.ts'
import { usesFields } from './config/resolve-fields.ts'
import type { ResolvedGateway } from './config/resolved.ts'
import type { RoutePlugins } from './contracts/route-plugins.ts'
import type { Binding, Token } from './contracts/token.ts'
import type { SelectorUse } from './contracts/uses.ts'
import { inSlices } from './system/slices.ts'
import { ROUTE_PLUGINS, UPSTREAM_SELECTORS } from './tokens.ts'

/**
 * Resolves a config with the plugins behind the fields of its routes and the selectors of its
 * upstreams: what is bound, else the standard ones. `bindings` are those in force; by default what the config itself provides.
 *
 * @throws ConfigError with every problem
 */
export async function resolveWhole(
  input: unknown,
  bindings: readonly Binding[] = provided(input),
): Promise<ResolvedGateway> {
  const fields = usesFields(input)
    ? (boundTo(ROUTE_PLUGINS, bindings) ?? (await standardFields()))
    : undefined
  return inSlices(resolveSteps(input, fields, await selectorsOf(bindings)))
}

/** What stands around the strategies of upstreams that list no selectors. */
export async function selectorsOf(bindings: readonly Binding[]): Promise<readonly SelectorUse[]> {
  return boundTo(UPSTREAM_SELECTORS, bindings) ?? (await standardSelectors())
}

function boundTo<T>(token: Token<T>, bindings: readonly Binding[]): T | undefined {
  return bindings.findLast((binding) => binding.token === token)?.value as T | undefined
}

/** The services that a config provides, as far as they are any. */
export function provided(input: unknown): Binding[] {
  return asList(asObject(input).provide).filter(isBinding)
}

async function standardSelectors(): Promise<SelectorUse[]> {
  const { priority } = await import('sluice/plugins')
  return [priority()]
}

// By the name of the package, as a user's own would be: core knows no plugin.
async function standardFields(): Promise<RoutePlugins> {
  const { coalesce, fallback, mirror, redirect, respond, rewrite, split } = await import(
    'sluice/plugins'
  )
  return {
    redirect: (config, { path }) => redirect({ ...config, of: path }),
    respond: (config) => respond(config),
    split: (weights, by, { id }) =>
      split({ weights: weights as Record<string, number>, salt: id, ...by }),
    rewrite: (config, { path }) => rewrite({ ...config, of: path }),
    mirror: (config) => mirror(config),
    // Checked by its schema, as every field is.
    fallback: ({ on, ...place }) => fallback(on === undefined ? place : { ...place, on: [...on] }),
    coalesce: (config) => coalesce(config),
  }
}
