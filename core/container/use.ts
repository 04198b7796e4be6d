import { ConfigError } from '../config/config-error.ts'
import type { ResolvedUse } from '../config/resolved.ts'
import type { Rng } from '../contracts/clock.ts'
import type { Selector } from '../contracts/selector.ts'
import type { Strategy } from '../contracts/strategy.ts'
import type { UseScope } from '../contracts/use-scope.ts'
import { OPTIONS, RNG, SCOPE } from '../tokens.ts'
import { type Balancer, Selection } from '../upstream/selection.ts'
import type { Container } from './container.ts'
import { balanceKey, balanceSource, sourceOf, useKey } from './use-source.ts'

/** One instance of a plugin or strategy, and what it was made from. */
export interface Use<Instance = unknown> {
  readonly instance: Instance
  readonly isPlugin: boolean
  /** The definition's. */
  readonly name: string
  readonly place: string
  readonly definition: object
  readonly source: string
}

/** A scope that uses belong to: the gateway, one upstream, one route. */
export interface Scope {
  readonly container: Container
  /** Stable across reloads, such as `['upstream', 'users']`. */
  readonly path: readonly string[]
}

/** The uses of one config, in order of creation. */
export class Uses {
  readonly #byKey = new Map<string, Use>()

  /**
   * The use at a position of a scope: the one `before` has there if it is equal, else a new one.
   *
   * @throws ConfigError when it cannot be created
   */
  take<Instance>(
    scope: Scope,
    slot: string,
    resolved: ResolvedUse<Instance>,
    before?: Uses,
  ): Use<Instance> {
    const key = useKey(scope.path, slot, resolved.definition.name)
    const source = sourceOf(resolved)
    const known = before === undefined ? undefined : before.#byKey.get(key)
    const use =
      known?.source === source ? (known as Use<Instance>) : create(scope, slot, resolved, source)
    this.#byKey.set(key, use)
    return use
  }

  /**
   * The strategy of an upstream with the selectors around it, outermost first: what `before` has if
   * all of them are equal, else a new one.
   *
   * @throws ConfigError when it cannot be created
   */
  takeBalance(
    scope: Scope,
    name: string,
    balance: ResolvedUse<Strategy>,
    select: readonly ResolvedUse<Selector>[],
    before?: Uses,
  ): Use<Balancer> {
    const key = balanceKey(scope.path)
    const source = balanceSource(balance, select)
    const known = before === undefined ? undefined : before.#byKey.get(key)
    const use =
      known?.source === source
        ? (known as Use<Balancer>)
        : {
            instance: around(scope, name, balance, select)(),
            isPlugin: false,
            name: balance.definition.name,
            place: balance.place,
            definition: balance.definition,
            source,
          }
    this.#byKey.set(key, use)
    return use
  }

  /** Those that `other` does not have, newest first: the order to dispose of them in. */
  without(other: Uses | undefined): Use[] {
    const kept = new Set(other === undefined ? [] : other.#byKey.values())
    return [...this.#byKey.values()].filter((use) => !kept.has(use)).reverse()
  }
}

/** Makes strategies, each with selectors of its own around it. */
function around(
  scope: Scope,
  name: string,
  balance: ResolvedUse<Strategy>,
  select: readonly ResolvedUse<Selector>[],
): () => Balancer {
  let make: () => Balancer = numbered(
    (slot) => withMethods(instanceOf(scope, slot, balance), balance.place, ['update', 'pick']),
    'balance',
  )
  for (const [at, selector] of [...select.entries()].reverse()) {
    const inner = make
    make = numbered((slot) => {
      const made = instanceOf(scope, slot, selector)
      return new Selection(name, withMethods(made, selector.place, ['update', 'select']), inner)
    }, `select/${at}`)
  }
  return make
}

/** Gives each instance a name of its own, so that each has chance of its own. */
function numbered<T>(make: (slot: string) => T, slot: string): () => T {
  let made = 0
  return () => make(made++ === 0 ? slot : `${slot}/${made}`)
}

function create<Instance>(
  scope: Scope,
  slot: string,
  resolved: ResolvedUse<Instance>,
  source: string,
): Use<Instance> {
  const { isPlugin, place, definition } = resolved
  const { name } = definition
  return { instance: instanceOf(scope, slot, resolved), isPlugin, name, place, definition, source }
}

function instanceOf<Instance>(
  scope: Scope,
  slot: string,
  { definition, options, place }: ResolvedUse<Instance>,
): Instance {
  const container = scope.container.child().bind(OPTIONS, options)
  const rng: Rng = scope.container.get(RNG)
  container.bind(RNG, rng.fork(JSON.stringify([...scope.path, slot, definition.name])))
  container.bind(SCOPE, useScope(scope.path))
  try {
    const services = container.getAll(definition.inject)
    const make = definition.create as (...args: unknown[]) => Instance
    return make(options, ...services)
  } catch (error: unknown) {
    const message = error instanceof Error ? error.message : String(error)
    throw new ConfigError([`${place}: ${message}`], { cause: error })
  }
}

function useScope([kind, name = '']: readonly string[]): UseScope {
  return kind === 'upstream' || kind === 'route' ? { kind, name } : { kind: 'gateway', name: '' }
}

/** Told at boot: without types it would be found out request by request. */
function withMethods<Instance>(
  made: Instance,
  place: string,
  names: readonly (keyof Instance & string)[],
): Instance {
  for (const name of names) {
    if (typeof made === 'object' && made !== null && typeof made[name] === 'function') continue
    throw new ConfigError([
      `${place}: \`create\` must return an object with ${names.join(' and ')}`,
    ])
  }
  return made
}
