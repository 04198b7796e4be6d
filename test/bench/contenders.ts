/** Who takes part, how each is started, and the one origin behind them all. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Child, type Command, end, find, GATEWAY_CORE, LOAD_CORE } from './child.ts'
import {
  gatewayEnv,
  local,
  newPlace,
  nginxCommand,
  type Running,
  sluiceCommand,
  start,
} from './commands.ts'
import { haproxyGateway, nginxGateway, nginxOrigin, type Place } from './daemon-configs.ts'
import type { LoadHeaders } from './load.ts'
import { BODIES } from './scenarios.ts'
import { BENCH_KEY } from './token.ts'

/** A server that listens; `child` is undefined for the origin measured directly. */
export interface Server {
  readonly port: number
  readonly child: Child | undefined
  /** What the load says of its session; '' where there is none. */
  readonly cookie: string
}

type Commands = Readonly<
  Record<string, (place: Place, originPort: number, endpoints: number) => Command>
>

export const DEFAULT_CONTENDERS = ['sluice', 'bare', 'nginx', 'haproxy']

const VERIFY_DEADLINE_MS = 5_000

const ALWAYS_THERE = new Set(
  'direct sluice armed breaker sticky guards limit limit-adaptive limit-armed turns inflight chance peak-ewma bare rate-limited bare-limited jwt jwt-unknown'.split(
    ' ',
  ),
)

const commands: Commands = {
  sluice: (place, originPort) => sluiceCommand('sluice.config.ts', place, originPort),
  armed: (place, originPort) => sluiceCommand('armed.config.ts', place, originPort),
  jwt: (place, originPort) => guarded('jwt.config.ts', place, originPort),
  'jwt-unknown': (place, originPort) => guarded('jwt-unknown.config.ts', place, originPort),
  'rate-limited': (place, originPort) => sluiceCommand('limited.config.ts', place, originPort),
  'bare-limited': ({ port }, originPort) => ({
    words: [process.execPath, local('bare-limited.ts')],
    env: gatewayEnv(port, originPort),
  }),
  breaker: (place, originPort) => sluiceCommand('breaker.config.ts', place, originPort),
  sticky: (place, originPort) => sluiceCommand('sticky.config.ts', place, originPort),
  guards: (place, originPort) => sluiceCommand('guards.config.ts', place, originPort),
  limit: limited('fixed'),
  'limit-adaptive': limited('adaptive'),
  'limit-armed': limited('armed'),
  turns: balanced('turns'),
  chance: balanced('chance'),
  inflight: balanced('inflight'),
  'peak-ewma': balanced('peak-ewma'),
  bare: ({ port }, originPort) => ({
    words: [process.execPath, local('bare-fastify.ts')],
    env: gatewayEnv(port, originPort),
  }),
  nginx: (place, originPort) => nginxCommand(place.folder, nginxGateway(place, originPort)),
  haproxy: (place, originPort) => haproxyCommand(place, haproxyGateway(place, originPort)),
  'haproxy-turns': (place, originPort, endpoints) =>
    haproxyCommand(place, haproxyGateway(place, originPort, 'roundrobin', endpoints)),
  'haproxy-two': (place, originPort, endpoints) =>
    haproxyCommand(place, haproxyGateway(place, originPort, 'random(2)', endpoints)),
}

function guarded(config: string, place: Place, originPort: number): Command {
  const { words, env } = sluiceCommand(config, place, originPort)
  return { words, env: { ...env, BENCH_KEY } }
}

function haproxyCommand({ folder }: Place, config: string): Command {
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(file, config)
  return { words: [find('haproxy') ?? 'haproxy', '-db', '-q', '-f', file] }
}

function balanced(balance: string): Commands[string] {
  return (place, originPort, endpoints) => {
    const { words, env } = sluiceCommand('balance.config.ts', place, originPort)
    return { words, env: { ...env, BALANCE: balance, ENDPOINTS: String(endpoints) } }
  }
}

function limited(limit: string): Commands[string] {
  return (place, originPort) => {
    const { words, env } = sluiceCommand('limit.config.ts', place, originPort)
    return { words, env: { ...env, LIMIT: limit } }
  }
}

/** Says why a contender cannot take part here, or undefined. */
export function whySkipped(name: string): string | undefined {
  if (ALWAYS_THERE.has(name)) return undefined
  if (commands[name] === undefined) return 'no such contender'
  return find(name.startsWith('haproxy') ? 'haproxy' : name) === undefined
    ? 'not installed'
    : undefined
}

/**
 * Starts a contender in front of the origin and waits until it answers `path` right. One that balances
 * has so many `endpoints`, all of them the origin.
 */
export async function startContender(
  name: string,
  origin: Running,
  path: keyof typeof BODIES,
  env: Readonly<Record<string, string>> = {},
  endpoints = 10,
  headers: LoadHeaders = {},
): Promise<Server> {
  const command = commands[name]
  if (command === undefined) return { port: origin.port, child: undefined, cookie: '' }
  const place = await newPlace()
  const { words, env: own } = command(place, origin.port, endpoints)
  const server = await start({ words, env: { ...own, ...env } }, place.port, GATEWAY_CORE)
  return { ...server, cookie: await verify(server, path, headers) }
}

/** Starts the origin: nginx where installed, being cheaper, otherwise Node. */
export async function startOrigin(kind: 'nginx' | 'node'): Promise<Running> {
  const place = await newPlace()
  if (kind === 'node') {
    const words = [process.execPath, local('origin.ts'), String(place.port)] as const
    return start({ words }, place.port, LOAD_CORE)
  }
  for (const [path, size] of Object.entries(BODIES)) {
    if (path !== '/') writeFileSync(join(place.folder, path), 'x'.repeat(size))
  }
  const config = nginxOrigin(place, 'x'.repeat(BODIES['/']))
  return start(nginxCommand(place.folder, config), place.port, LOAD_CORE)
}

export const originKind = find('nginx') === undefined ? 'node' : 'nginx'

/** Gives the cookie that the answer set, if any. */
async function verify(
  { port, child }: Running,
  path: keyof typeof BODIES,
  headers: LoadHeaders,
): Promise<string> {
  const { seen, cookie } = await seenAt(`http://127.0.0.1:${port}${path}`, headers)
  if (seen === `200 and ${BODIES[path]} bytes`) return cookie
  await end(child)
  throw new Error(`GET ${path} gave ${seen}, not 200 and ${BODIES[path]} bytes`)
}

async function seenAt(
  url: string,
  headers: LoadHeaders,
): Promise<{ seen: string; cookie: string }> {
  let bytes = 0
  let status = 'no status'
  let cookie = ''
  try {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(VERIFY_DEADLINE_MS) })
    status = String(answer.status)
    cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    for await (const chunk of answer.body ?? []) bytes += chunk.length
    return { seen: `${status} and ${bytes} bytes`, cookie }
  } catch (error) {
    return { seen: `${status} and ${bytes} bytes, then ${error}`, cookie }
  }
}
