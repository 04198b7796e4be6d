import { defineGateway, type GatewayConfig, type PluginUse, type Upstream } from 'sluice'
import { roundRobin, stickySession } from 'sluice/plugins'
import {
  createTestGateway,
  type FakeAnswer,
  type FakeRequest,
  type TestOptions,
} from 'sluice/testing'
import { upstreamSpy } from '../../support/upstream-spy.ts'

export type StickyOptions = Parameters<typeof stickySession>[0]

export const SECRET = 'a secret of the tests, long enough'
export const NEXT_SECRET = 'another secret, for after a change'
export const SECOND = 1_000
export const HOUR = 3_600_000

type Answer = (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>

/** What a client saw of one answer. */
export interface Seen {
  readonly status: number
  /** The letter of the endpoint that answered. */
  readonly by: string
  readonly set: readonly string[]
  readonly headers: Readonly<Record<string, unknown>>
}

/** A gateway with sessions, in front of endpoints that answer with their letters. */
export interface Bound extends Awaited<ReturnType<typeof createTestGateway>> {
  /** By letter; may be changed on the way. */
  readonly answers: Record<string, Answer | undefined>
  /** Cookie headers as the endpoints got them, in order. */
  readonly seen: (string | undefined)[]
  readonly upstream: Upstream
  readonly upstreams: readonly Upstream[]
  endpoint(letter: string): Upstream['endpoints'][number]
  client(cookies?: Readonly<Record<string, string>>): Client
  /** Has time pass until the promise is settled. */
  passing<T>(promise: Promise<T>): Promise<T>
}

/** Keeps cookies as a browser does, attributes aside. */
export class Client {
  readonly cookies: Map<string, string>
  readonly #gateway: Pick<Bound, 'inject'>

  constructor(gateway: Pick<Bound, 'inject'>, cookies: Readonly<Record<string, string>> = {}) {
    this.#gateway = gateway
    this.cookies = new Map(Object.entries(cookies))
  }

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async get(url = '/', headers: Readonly<Record<string, string>> = {}): Promise<Seen> {
    const own: Record<string, string> = this.cookies.size > 0 ? { cookie: this.cookie } : {}
    const answer = await this.#gateway.inject({ url, headers: { ...own, ...headers } })
    const set = [answer.headers['set-cookie'] ?? []].flat()
    for (const line of set) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/Max-Age=0/.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return { status: answer.statusCode, by: answer.body, set, headers: answer.headers }
  }

  /** The letters that answer so many requests. */
  async visit(times: number, url?: string): Promise<string> {
    let letters = ''
    for (let i = 0; i < times; i++) letters += (await this.get(url)).by
    return letters
  }
}

export interface Setting extends TestOptions {
  readonly letters?: string
  readonly use?: PluginUse
  readonly more?: readonly PluginUse[]
  readonly config?: Partial<GatewayConfig>
}

export function boundConfig({ letters = 'abc', use, more = [], config = {} }: Setting = {}) {
  return defineGateway({
    http: { port: 0 },
    upstreams: {
      users: {
        endpoints: [...letters].map((letter) => `http://${letter}.test`),
        balance: roundRobin(),
        plugins: more,
      },
    },
    routes: [{ to: 'users', plugins: [use ?? stickySession({ secret: SECRET })] }],
    ...config,
  })
}

export async function startBound(setting: Setting = {}): Promise<Bound> {
  const answers: Record<string, Answer | undefined> = {}
  const seen: (string | undefined)[] = []
  const endpoints: Record<string, Answer> = {}
  for (const letter of 'abcdefgh') {
    answers[letter] = () => ({ body: letter })
    endpoints[`http://${letter}.test`] = (request) => {
      const answer = answers[letter]
      if (answer === undefined) throw new Error('broken off')
      seen.push(request.headers.cookie)
      return answer(request)
    }
  }
  const spy = upstreamSpy()
  const config = boundConfig({ ...setting, more: [...(setting.more ?? []), spy.use] })
  const { seed = 1, redis } = setting
  const made = await createTestGateway(config, { seed, endpoints, ...(redis && { redis }) })
  return Object.assign(made, {
    answers,
    seen,
    // Not there where the config of the test has upstreams of its own.
    upstream: spy.upstreams[0] as Upstream,
    async passing<T>(promise: Promise<T>): Promise<T> {
      let isOver = false
      const over = promise.finally(() => {
        isOver = true
      })
      while (!isOver) {
        made.clock.advance(10)
        await new Promise((resolve) => setImmediate(resolve))
      }
      return over
    },
    upstreams: spy.upstreams,
    endpoint(letter: string) {
      const found = spy.upstreams
        .flatMap((upstream) => upstream.endpoints)
        .find(({ id }) => id === `${letter}.test`)
      if (found === undefined) throw new Error(`no endpoint ${letter}`)
      return found
    },
    client: (cookies?: Readonly<Record<string, string>>) => new Client(made, cookies),
  })
}
