import { asList, asObject, type Resolved } from './options.ts'
import { dotted, type Problems } from './problems.ts'
import { resolvePlugins } from './resolve-use.ts'
import type { ResolvedTcp } from './resolved.ts'
import { TCP } from './schema.ts'
import { remedy } from './suggest.ts'
import { shown, validate } from './validate.ts'

/** The TCP listeners of a config, which may go to `upstreams`. */
export function resolveTcp(
  input: unknown,
  upstreams: readonly string[],
  problems: Problems,
): ResolvedTcp[] {
  return asList(input)
    .map((one, index) => resolveOne(`tcp[${index}]`, one, upstreams, problems))
    .filter((listener) => listener !== undefined)
}

function resolveOne(
  place: string,
  input: unknown,
  upstreams: readonly string[],
  problems: Problems,
): ResolvedTcp | undefined {
  const config = validate(TCP, input, (inside, sentence) =>
    problems.add(place + dotted(inside), sentence),
  ) as Resolved<typeof TCP> | undefined
  const { to, plugins } = asObject(input)
  if (typeof to === 'string' && !upstreams.includes(to)) {
    problems.add(`${place}.to`, `unknown upstream ${shown(to)}; ${remedy(to, upstreams)}`)
  }
  const chain = resolvePlugins(`${place}.plugins`, asList(plugins), problems)
  if (config === undefined) return undefined
  const { host, port, maxConnections, maxConnectionsPerClient, queue, idleTimeout } = config
  return {
    kind: 'tcp',
    host,
    port,
    place,
    to: config.to,
    plugins: chain,
    maxConnections,
    maxConnectionsPerClient,
    queue: { size: queue.size, timeoutMs: queue.timeout },
    idleTimeoutMs: idleTimeout,
  }
}
