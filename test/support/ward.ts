import { defineGateway, type EndpointState, type PluginUse, type Upstream } from 'sluice'
import { healthCheck, roundRobin } from 'sluice/plugins'
import {
  createTestGateway,
  type FakeAnswer,
  type FakePeer,
  type FakeRequest,
  type TestGateway,
} from 'sluice/testing'
import { nextTurn } from '../../core/system/turn.ts'
import { upstreamSpy } from './upstream-spy.ts'

export type CheckOptions = NonNullable<Parameters<typeof healthCheck>[0]>

type Answer = (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>

// As long as a tick of the wheel: between two steps answers come.
const STEP_MS = 10

/** Endpoints under a health check, on a virtual clock. Each answers as its entry of `answers` does. */
export interface Ward extends TestGateway {
  readonly upstream: Upstream
  /** Checks that came, by the endpoint's letter: when. */
  readonly checks: Readonly<Record<string, number[]>>
  /** May be changed on the way; undefined refuses connections. */
  readonly answers: Record<string, Answer | undefined>
  /** Likewise: what says something on connections of bytes, by URL. */
  readonly peers: Record<string, FakePeer>
  state(letter: string): EndpointState
  /** Letters of the ready ones. */
  ready(): string
  /** Reason and cause of what holds an endpoint, a line each. */
  holds(letter: string): string[]
  pass(ms: number): Promise<void>
}

export interface WardOptions {
  readonly seed?: number
}

export const OK: Answer = () => ({})
export const STATUS =
  (status: number): Answer =>
  () => ({ status })
export const SILENT: Answer = () => new Promise<FakeAnswer>(() => {})

/** A config of endpoints `http://a.test`, `http://b.test` and so on under one check. */
export function wardConfig(
  letters: string,
  options: CheckOptions,
  more: readonly PluginUse[] = [],
) {
  return defineGateway({
    http: { port: 0 },
    upstreams: {
      users: {
        endpoints: [...letters].map((letter) => `http://${letter}.test`),
        balance: roundRobin(),
        plugins: [healthCheck(options), ...more],
      },
    },
    routes: [{ to: 'users' }],
  })
}

export async function startWard(
  letters: string,
  options: CheckOptions = {},
  { seed = 1 }: WardOptions = {},
): Promise<Ward> {
  const answers: Record<string, Answer | undefined> = {}
  const peers: Record<string, FakePeer> = {}
  const checks: Record<string, number[]> = {}
  const endpoints: Record<string, Answer> = {}
  for (const letter of 'abcdefgh') {
    answers[letter] = OK
    checks[letter] = []
    endpoints[`http://${letter}.test`] = (request) => {
      const isCheck = request.headers['user-agent'] === 'sluice-health-check'
      if (isCheck) checks[letter]?.push(made.clock.now())
      const answer = answers[letter]
      if (answer === undefined) throw new Error('broken off')
      return answer(request)
    }
  }
  const spy = upstreamSpy()
  const config = wardConfig(letters, options, [spy.use])
  const made = await createTestGateway(config, { seed, endpoints, peers })
  const upstream = spy.upstream()
  const find = (letter: string) => {
    const found = upstream.endpoints.find(({ id }) => id === `${letter}.test`)
    if (found === undefined) throw new Error(`no endpoint ${letter}`)
    return found
  }
  const state = (letter: string) => upstream.state(find(letter))
  return Object.assign(made, {
    upstream,
    checks,
    answers,
    peers,
    state,
    ready: () =>
      upstream.endpoints
        .filter(({ holds }) => holds === 0)
        .map(({ id }) => id[0])
        .join(''),
    holds: (letter: string) =>
      state(letter).holds.map(({ reason, cause }) => `${reason}: ${cause}`),
    pass: async (ms: number) => {
      for (let left = ms; left > 0; left -= STEP_MS) {
        made.clock.advance(Math.min(left, STEP_MS))
        await nextTurn()
      }
    },
  })
}
