import { redactedConfig } from './config/redacted.ts'
import type { ResolvedGateway } from './config/resolved.ts'
import type { Counts, Cut, RunningGateway, StopOptions } from './contracts/gateway.ts'
import type { Json } from './contracts/json.ts'
import type { LiveLifecycle } from './lifecycle.ts'
import type { Changes } from './plan/changes.ts'

/** What a gateway lets its plugins do with it. */
interface Controlled {
  counts(): Counts
  reload(): Promise<Changes>
  close(): Promise<unknown>
}

/** A gateway as its plugins have it. */
export class Control implements RunningGateway {
  readonly #gateway: Controlled
  readonly #config: () => ResolvedGateway | undefined
  readonly #lifecycle: LiveLifecycle
  readonly #drained: Promise<Cut>
  /** The drain of the gateway is over. */
  stopped: (cut: Cut) => void = () => {}

  constructor(
    gateway: Controlled,
    config: () => ResolvedGateway | undefined,
    lifecycle: LiveLifecycle,
  ) {
    this.#gateway = gateway
    this.#config = config
    this.#lifecycle = lifecycle
    this.#drained = new Promise((resolve) => {
      this.stopped = resolve
    })
  }

  counts(): Counts {
    return this.#gateway.counts()
  }

  upstreams(): readonly string[] {
    return this.#config()?.upstreams.map(({ name }) => name) ?? []
  }

  config(): Json {
    const config = this.#config()
    return config === undefined ? null : redactedConfig(config)
  }

  reload(): Promise<Changes> {
    return this.#gateway.reload()
  }

  stop({ deadlineMs = Number.POSITIVE_INFINITY }: StopOptions = {}): Promise<Cut> {
    const { plan } = this.#lifecycle
    if (deadlineMs < plan.deadlineMs) this.#lifecycle.plan = { ...plan, deadlineMs }
    void this.#gateway.close()
    return this.#drained
  }
}
