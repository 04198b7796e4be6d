import {
  CLOCK,
  checked,
  contextKey,
  definePlugin,
  type Exchange,
  type Flow,
  type Json,
  type Peer,
  type Plugin,
  type Resolved,
  size,
  Type,
} from '#core'
import { networkOf } from './addresses.ts'
import { bounded } from './bounded-key.ts'
import { Buckets } from './buckets.ts'
import { KEYS, keyProblem } from './key-problem.ts'
import { type KeyReader, type KeySource, keyReader } from './keys.ts'

type By = 'connection' | KeySource | readonly KeySource[]

const Fields = Type.Object({
  up: Type.Optional(
    size({ default: 0, description: 'Bytes a second from the client; 0 for no limit.' }),
  ),
  down: Type.Optional(
    size({ default: 0, description: 'Bytes a second to the client; 0 for no limit.' }),
  ),
  burst: Type.Optional(
    size({ default: 0, description: 'Bytes that go as fast as they can after a pause.' }),
  ),
  by: Type.Optional(
    checked(
      Type.Unsafe<By>({
        default: 'connection',
        shown: `'connection' | ${KEYS}`,
        description:
          'Whose bytes share a rate. A request without the header, cookie or claim counts by its address, as all at layer 4 do.',
      }),
      (by: unknown) => (by === 'connection' ? undefined : keyProblem(by)),
    ),
  ),
})

const Options = checked(Fields, ({ up, down }) =>
  up === 0 && down === 0 ? 'needs `up`, `down` or both, such as down: "1mb"' : undefined,
)

/**
 * Slows bodies, tunnels and TCP connections down to a rate, each way, for each connection or for all of
 * a client, by reading no faster: nothing is kept, and senders are held back by their own sockets.
 *
 * @example
 * routes: [{ path: '/downloads', to: 'files', plugins: [bandwidthLimit({ down: '1mb' })] }]
 * @example
 * bandwidthLimit({ up: '256kb', down: '2mb', burst: '4mb', by: 'ip' })
 */
export const bandwidthLimit = definePlugin({
  name: 'bandwidth-limit',
  options: Options,
  inject: [CLOCK],
  create: (options, clock) => new BandwidthLimit(options, new Buckets(clock)),
})

class BandwidthLimit implements Plugin {
  readonly #options: Resolved<typeof Options>
  readonly #buckets: Buckets
  readonly #keyOf: KeyReader
  /** Each use has a key of its own of a flow. */
  readonly #key = contextKey<string>('bandwidth-limit')

  constructor(options: Resolved<typeof Options>, buckets: Buckets) {
    this.#options = options
    this.#buckets = buckets
    this.#keyOf = options.by === 'connection' ? connectionOf : keyReader(options.by)
  }

  request(exchange: Exchange): void {
    exchange.flow.context.set(this.#key, bounded(this.#keyOf(exchange)))
  }

  stream(flow: Flow, peer: Peer): true {
    const isOwn = this.#options.by === 'connection'
    flow.context.set(this.#key, isOwn ? endOf(peer) : networkOf(peer.address))
    return true
  }

  pace(flow: Flow, direction: 'up' | 'down', bytes: number): number {
    const rate = this.#options[direction]
    const key = flow.context.get(this.#key)
    if (rate === 0 || key === undefined) return 0
    return this.#buckets.took(key, direction, bytes, rate, this.#options.burst)
  }

  status(): Json {
    return { keys: this.#buckets.size }
  }
}

function connectionOf({ client }: Exchange): string {
  return endOf(client)
}

function endOf({ address, port }: Pick<Peer, 'address' | 'port'>): string {
  return `${address} ${port}`
}
