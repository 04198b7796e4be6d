import type { Clock, Endpoint, Memory, RunningGateway, Upstream } from '#core'
import { type Named, suggestion } from './directory.ts'
import { Problem } from './problem.ts'
import { Ward } from './ward.ts'
import { fromJson, toJson, type Wishes } from './wishes.ts'

const KEY = 'admin'

/** What an admin wants of every upstream, found again in the memory of the gateway. */
export class Wards {
  readonly #clock: Clock
  readonly #memory: Memory
  readonly #gateway: RunningGateway
  readonly #wards = new Map<string, Ward>()
  readonly #unwatch: () => void
  #wishes: Map<string, Wishes>
  #isKeeping = false

  constructor(services: {
    readonly clock: Clock
    readonly memory: Memory
    readonly gateway: RunningGateway
  }) {
    const { clock, memory, gateway } = services
    this.#clock = clock
    this.#memory = memory
    this.#gateway = gateway
    this.#wishes = fromJson(memory.recall(KEY))
    this.#unwatch = memory.watch(KEY, (kept) => {
      if (!this.#isKeeping) this.#obey(fromJson(kept))
    })
  }

  take(upstream: Upstream): void {
    const { name } = upstream
    const ward = new Ward(upstream, this.#clock, this.#wishesOf(name), () => this.#keep())
    this.#wards.set(name, ward)
  }

  /** Those of the config in force. */
  all(): Ward[] {
    return this.#gateway.upstreams().flatMap((name) => this.#wards.get(name) ?? [])
  }

  /** @throws Problem 404 */
  ward({ name = '' }: Named): Ward {
    const names = this.#gateway.upstreams()
    const ward = names.includes(name) ? this.#wards.get(name) : undefined
    if (ward !== undefined) return ward
    throw new Problem(404, `there is no upstream "${name}"${suggestion(name, names)}`)
  }

  /** @throws Problem 404 */
  endpoint(named: Named): readonly [Ward, Endpoint] {
    const ward = this.ward(named)
    const { id = '' } = named
    const { name, endpoints } = ward.upstream
    const endpoint = endpoints.find((one) => one.id === id)
    if (endpoint !== undefined) return [ward, endpoint]
    const ids = endpoints.map((one) => one.id)
    throw new Problem(404, `upstream ${name} has no endpoint "${id}"${suggestion(id, ids)}`)
  }

  close(): void {
    this.#unwatch()
  }

  #wishesOf(name: string): Wishes {
    const known = this.#wishes.get(name) ?? { endpoints: new Map(), added: [] }
    this.#wishes.set(name, known)
    return known
  }

  #obey(wishes: Map<string, Wishes>): void {
    this.#wishes = wishes
    for (const [name, ward] of this.#wards) ward.obey(this.#wishesOf(name))
  }

  #keep(): void {
    this.#isKeeping = true
    this.#memory.keep(KEY, toJson(this.#wishes))
    this.#isKeeping = false
  }
}
