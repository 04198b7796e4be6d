import { Chain } from '../../../core/chain.ts'
import { Connection, Trust } from '../../../core/http/connection.ts'
import { HttpExchange } from '../../../core/http/exchange.ts'
import { judge, type RequestHead } from '../../../core/http/gate.ts'
import { Bench } from '../upstream/scripted.ts'

/** A request as node hands it over, with the parts that the gateway reads. */
export interface Asked {
  readonly method?: string
  readonly url?: string
  readonly version?: string
  /** Names and values in turn; a Host is not added. */
  readonly headers?: readonly string[]
}

/** What stands for node's IncomingMessage. */
export function incoming({ method = 'GET', url = '/', version = '1.1', headers = [] }: Asked) {
  const [major = 1, minor = 1] = version.split('.').map(Number)
  return {
    method,
    url,
    httpVersionMajor: major,
    httpVersionMinor: minor,
    rawHeaders: [...headers],
  } as never
}

/** A connection from a peer, with proxies that are trusted. */
export function connectionFrom(
  remoteAddress: string,
  { trust = [], encrypted = false }: { trust?: readonly string[]; encrypted?: boolean } = {},
): Connection {
  const socket = { remoteAddress, remotePort: 50_000, localPort: 8_080, encrypted }
  return new Connection(socket as never, new Trust(trust))
}

/** An exchange on Fastify's lane that never sends anything; `host` is its upstream's setting. */
export function exchangeFor(
  asked: Asked,
  connection: Connection = connectionFrom('192.0.2.7'),
  host = 'preserve',
): { exchange: HttpExchange; bench: Bench } {
  const bench = new Bench({ id: 'a', url: 'http://10.0.0.1:9001' })
  bench.upstream.host = host
  const req = incoming({ ...asked, headers: asked.headers ?? ['host', 'api.test'] })
  const head = judge(req)
  if (typeof head === 'string') throw new Error(`refused: ${head}`)
  const route = {
    id: 'r',
    path: '/',
    upstreams: [],
    number: 0,
    hasParams: false,
    url: '/0',
    isFull: false,
  }
  const exchange = new HttpExchange(
    { host: { clock: bench.clock } } as never,
    connection,
    req,
    { on() {} } as never,
    head satisfies RequestHead,
    {
      ...route,
      chain: new Chain([]),
      identity: undefined,
      upstream: bench.upstream,
      bodyLimitBytes: 0,
    },
  )
  return { exchange, bench }
}
