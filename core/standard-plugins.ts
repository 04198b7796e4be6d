import { isBinding } from './config/bindings.ts'
import { asList, asObject } from './config/options.ts'
import { resolveConfig } from './config/resolve.ts'
import { usesFields } from './config/resolve-fields.ts'
import type { ResolvedGateway } from './config/resolved.ts'
import type { RoutePlugins } from './contracts/route-plugins.ts'
import type { Binding } from './contracts/token.ts'
import { ROUTE_PLUGINS } from './tokens.ts'

/**
 * Resolves a config with the plugins behind the fields of its routes: what is bound, else the
 * standard ones. `bindings` are those in force; by default what the config itself provides.
 *
 * @throws ConfigError with every problem
 */
export async function resolveWhole(
  input: unknown,
  bindings: readonly Binding[] = provided(input),
): Promise<ResolvedGateway> {
  if (!usesFields(input)) return resolveConfig(input)
  const bound = bindings.findLast(({ token }) => token === ROUTE_PLUGINS)
  const plugins = (bound?.value as RoutePlugins | undefined) ?? (await standardPlugins())
  return resolveConfig(input, plugins)
}

/** The services that a config provides, as far as they are any. */
export function provided(input: unknown): Binding[] {
  return asList(asObject(input).provide).filter(isBinding)
}

// By the name of the package, as a user's own would be: core knows no plugin, and a gateway whose
// routes have none of these fields loads none.
async function standardPlugins(): Promise<RoutePlugins> {
  const { mirror, redirect, respond, rewrite, split } = await import('sluice/plugins')
  return {
    redirect: (config, { path }) => redirect({ ...config, of: path }),
    respond: (config) => respond(config),
    split: (weights, by, { id }) =>
      split({ weights: weights as Record<string, number>, salt: id, ...by }),
    rewrite: (config, { path }) => rewrite({ ...config, of: path }),
    mirror: (config) => mirror(config),
  }
}
