import { Problems } from '../../core/config/problems.ts'
import { resolveSelectors, resolveStrategy } from '../../core/config/resolve-use.ts'
import type { ResolvedUse } from '../../core/config/resolved.ts'
import { Container } from '../../core/container/container.ts'
import { Uses } from '../../core/container/use.ts'
import type { Hold } from '../../core/contracts/endpoint.ts'
import type { Strategy } from '../../core/contracts/strategy.ts'
import type { SelectorUse } from '../../core/contracts/uses.ts'
import { CLOCK, LOGGER, RNG } from '../../core/index.ts'
import { SeededRng } from '../../core/system/rng.ts'
import type { EndpointSource } from '../../core/upstream/membership.ts'
import { random } from '../../plugins/index.ts'
import { Bench } from '../core/upstream/scripted.ts'

/** An upstream with selectors around `random`, outermost first, on a virtual clock. */
export class SelectorBench extends Bench {
  /** What the selector warned of: message and fields. */
  readonly warnings: [string, object][] = []

  constructor(
    uses: readonly SelectorUse[],
    sources: readonly (string | Partial<EndpointSource>)[],
  ) {
    super()
    const problems = new Problems()
    const select = resolveSelectors('select', uses, problems)
    const balance = resolveStrategy('balance', random(), problems) as ResolvedUse<Strategy>
    problems.raise()
    const ignore = (): void => {}
    const warn = (fields: object | string, message = ''): void => {
      this.warnings.push([message, fields as object])
    }
    const container = Container.root()
      .bind(CLOCK, this.clock)
      .bind(RNG, new SeededRng(7))
      .bind(LOGGER, { debug: ignore, info: ignore, warn, error: ignore })
    const scope = { container, path: ['upstream', 'users'] }
    this.strategy = new Uses().takeBalance(scope, 'users', balance, select).instance as never
    this.configure(...sources)
  }

  /** Holds an endpoint, by a use of its own, and tells the selector. */
  hold(id: string, reason: string): Hold {
    const hold = this.view().hold(this.endpoint(id), reason)
    this.clock.advance(0)
    return hold
  }

  /** Sends flows, each over at once: how many each endpoint got. */
  send(count: number, key: (n: number) => number = () => -1): Map<string, number> {
    const counts = new Map<string, number>()
    for (let n = 0; n < count; n++) {
      const id = this.pick((flow) => {
        flow.key = key(n)
      })
      if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    return counts
  }
}

export function selecting(
  use: SelectorUse | readonly SelectorUse[],
  ...sources: readonly (string | Partial<EndpointSource>)[]
): SelectorBench {
  return new SelectorBench([use].flat(), sources)
}
