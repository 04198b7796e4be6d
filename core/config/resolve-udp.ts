import { checkName } from './check-name.ts'
import { asList, asObject, type Resolved } from './options.ts'
import { dotted, type Problems } from './problems.ts'
import { resolvePlugins } from './resolve-use.ts'
import type { ResolvedUdp } from './resolved.ts'
import { UDP } from './schema.ts'
import { validate } from './validate.ts'

/** What an option is of no use to. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  oneShot: ['idleTimeout', 'onDown'],
  conversation: [],
  oneWay: ['replies', 'timeout', 'idleTimeout', 'onDown'],
}

/** The UDP listeners of a config, which may go to `upstreams`. */
export function resolveUdp(
  input: unknown,
  upstreams: readonly string[],
  problems: Problems,
): ResolvedUdp[] {
  return asList(input)
    .map((one, index) => resolveOne(`udp[${index}]`, one, upstreams, problems))
    .filter((listener) => listener !== undefined)
}

function resolveOne(
  place: string,
  input: unknown,
  upstreams: readonly string[],
  problems: Problems,
): ResolvedUdp | undefined {
  const config = validate(UDP, input, (inside, sentence) =>
    problems.add(place + dotted(inside), sentence),
  ) as Resolved<typeof UDP> | undefined
  const given = asObject(input)
  checkName(`${place}.to`, given.to, upstreams, problems)
  const plugins = resolvePlugins(`${place}.plugins`, asList(given.plugins), problems)
  if (config === undefined) return undefined
  const { host, port, to, flow, idleTimeout, onDown, maxFlows, maxFlowsPerClient } = config
  for (const key of FOREIGN[flow] ?? []) {
    if (given[key] !== undefined) problems.add(`${place}.${key}`, `has no effect on ${flow}`)
  }
  const isOneShot = flow === 'oneShot'
  if (isOneShot && config.replies === 0) {
    problems.add(`${place}.replies`, 'must be 1 or more, got 0; for none write flow: "oneWay"')
  }
  for (const [key, ms] of [
    ['timeout', config.timeout] as const,
    ['idleTimeout', idleTimeout] as const,
  ]) {
    const isNeeded = isOneShot ? key === 'timeout' : key === 'idleTimeout'
    if (isNeeded && ms === 0) {
      problems.add(`${place}.${key}`, 'must be longer than 0: nothing else tells that it is over')
    }
  }
  return {
    kind: 'udp',
    host,
    port,
    place,
    to,
    flow,
    plugins,
    replies: isOneShot || given.replies !== undefined ? config.replies : 0,
    timeoutMs: isOneShot || given.timeout !== undefined ? config.timeout : 0,
    idleTimeoutMs: idleTimeout,
    onDown,
    maxFlows,
    maxFlowsPerClient,
  }
}
