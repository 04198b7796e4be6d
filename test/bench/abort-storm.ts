/** Leaks, part two: after 10,000 clients left at random moments, nothing of them is left in the gateway. */
import { setTimeout as sleep } from 'node:timers/promises'
import { defineGateway } from 'sluice'
import { createGateway, type Status } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'
import { abort, MOMENTS, seeded } from './abort.ts'
import { establishedAt, hasProc, socketsOf } from './accounting.ts'
import { end } from './child.ts'
import { startOrigin } from './contenders.ts'
import { BODIES } from './scenarios.ts'
import type { Verdict } from './verdict.ts'

const AT_ONCE = 200
const QUIET_DEADLINE_MS = 15_000
const ANSWER_DEADLINE_MS = 10_000

/** What is open: in the gateway's own books, in this process, and at the origin. */
interface Books {
  readonly exchanges: number
  readonly tunnels: number
  readonly connections: number
  readonly inflight: number
  readonly holds: number
}

/** Runs gateway and clients in this process, the origin in another, and reads the books afterwards. */
export async function abortStorm(aborts: number, seed: number): Promise<Verdict[]> {
  const origin = await startOrigin('node')
  const before = openHere()
  const gateway = await createGateway(
    defineGateway({
      http: { host: '127.0.0.1', port: 0 },
      upstreams: {
        origin: { endpoints: [`http://127.0.0.1:${origin.port}`], balance: roundRobin() },
      },
      routes: [{ path: '/', to: 'origin' }],
    }),
  )
  const port = (await gateway.listen())[0]?.port ?? 0
  const booksNow = (): Books => booksOf(gateway.status())

  const bystander = new AbortController()
  const served = serveMeanwhile(port, bystander.signal)
  await storm(port, aborts, seed)
  bystander.abort()
  const { good, bad } = await served
  const answers = await everyBody(port)
  const books = await whenQuiet(booksNow)
  const idle = hasProc ? establishedAt(origin.port) : 0

  await gateway.close()
  const after = await whenSame(openHere, before)
  const left = hasProc ? establishedAt(origin.port) : 0
  await end(origin.child)
  return [
    {
      what: 'a client that stays is served throughout',
      isMet: bad === 0 && good > 0,
      seen: `${good} good, ${bad} bad`,
    },
    {
      what: 'every path is answered in full afterwards',
      isMet: answers === '',
      seen: answers || 'yes',
    },
    { what: 'nothing is in flight', isMet: isZero(books), seen: JSON.stringify(books) },
    {
      what: `connections kept to the origin <= ${AT_ONCE}`,
      isMet: idle <= AT_ONCE,
      seen: String(idle),
    },
    { what: 'connections to the origin once closed', isMet: left === 0, seen: String(left) },
    {
      what: 'handles are back to the baseline',
      isMet: after === before,
      seen: `${before} -> ${after}`,
    },
  ]
}

async function storm(port: number, aborts: number, seed: number): Promise<void> {
  const draw = seeded(seed)
  let left = aborts
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      await abort(port, MOMENTS[Math.floor(draw() * MOMENTS.length)] ?? 'asked', draw)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, client))
}

async function serveMeanwhile(
  port: number,
  signal: AbortSignal,
): Promise<{ good: number; bad: number }> {
  const count = { good: 0, bad: 0 }
  while (!signal.aborted) count[(await isWhole(port, '/16k')) ? 'good' : 'bad']++
  return count
}

/** Names the paths that are not answered in full. */
async function everyBody(port: number): Promise<string> {
  const paths = Object.keys(BODIES) as (keyof typeof BODIES)[]
  const wholes = await Promise.all(paths.map((path) => isWhole(port, path)))
  return paths.filter((_, i) => wholes[i] === false).join(' ')
}

async function isWhole(port: number, path: keyof typeof BODIES): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(ANSWER_DEADLINE_MS),
    })
    return answer.status === 200 && (await answer.arrayBuffer()).byteLength === BODIES[path]
  } catch {
    return false
  }
}

function booksOf(status: Status): Books {
  const endpoints = Object.values(status.upstreams).flatMap((upstream) => upstream.endpoints)
  return {
    exchanges: status.exchanges,
    tunnels: status.tunnels,
    connections: status.connections,
    inflight: endpoints.reduce((sum, endpoint) => sum + endpoint.inflight, 0),
    holds: endpoints.filter((endpoint) => endpoint.holds !== 0 || !endpoint.ready).length,
  }
}

/** This process's handles by kind, and its sockets, as one comparable line. */
function openHere(): string {
  const kinds = process
    .getActiveResourcesInfo()
    .filter((kind) => /TCP|Pipe|Timeout|FSReq/.test(kind))
  const counts = Object.entries(Object.groupBy(kinds, (kind) => kind)).map(
    ([kind, all]) => `${kind} ${all?.length}`,
  )
  return [...counts.sort(), hasProc ? `sockets ${socketsOf(process.pid)}` : ''].join(', ')
}

function isZero(books: Books): boolean {
  return Object.values(books).every((count) => count === 0)
}

function whenQuiet(read: () => Books): Promise<Books> {
  return until(read, isZero)
}

function whenSame(read: () => string, wanted: string): Promise<string> {
  return until(read, (seen) => seen === wanted)
}

async function until<T>(read: () => T, isDone: (seen: T) => boolean): Promise<T> {
  const deadline = performance.now() + QUIET_DEADLINE_MS
  while (!isDone(read()) && performance.now() < deadline) await sleep(50)
  return read()
}
