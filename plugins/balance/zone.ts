import {
  defineSelector,
  type Endpoint,
  type Flow,
  type Group,
  hash32,
  RNG,
  type Rng,
  type Selector,
  Type,
} from '#core'
import { pointOf } from './point.ts'

/**
 * Keeps flows in the gateway's own zone, and sends as many to the others as its ready endpoints
 * fall short: while `overprovisioning` times the zone's ready share is 1 or more, all stay. At 1.4
 * that is from 72 % on; at 50 % ready, 30 % leave. With fewer than `minEndpoints` ready in the zone,
 * flows go to all endpoints alike, so that a few near ones are not run over.
 *
 * An endpoint's zone is its `zone` in the config. Flows with a key stay together. Stands inside
 * `priority`, so that each level prefers its own near endpoints.
 *
 * @example
 * select: [priority(), zone({ here: env('ZONE') })]
 */
export const zone = defineSelector({
  name: 'zone',
  options: Type.Object({
    here: Type.String({ minLength: 1, description: 'The zone that the gateway stands in.' }),
    overprovisioning: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 10,
        default: 1.4,
        description: 'How many times its ready share the zone may be used for.',
      }),
    ),
    minEndpoints: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        default: 1,
        description: 'With fewer ready in the zone, it is not preferred.',
      }),
    ),
  }),
  inject: [RNG],
  create: (options, rng) => new Zone(options, rng),
})

interface Options {
  readonly here: string
  readonly overprovisioning: number
  readonly minEndpoints: number
}

class Zone implements Selector {
  readonly #options: Options
  readonly #rng: Rng
  readonly #salt: number
  /** The share of flows that stay, from 0 to 1. */
  #staying = 1

  constructor(options: Options, rng: Rng) {
    this.#options = options
    this.#rng = rng
    this.#salt = hash32(options.here)
  }

  update({ name, ready, all }: Group): readonly Group[] {
    const isHere = ({ zone }: Endpoint): boolean => zone === this.#options.here
    const isElsewhere = (endpoint: Endpoint): boolean => !isHere(endpoint)
    const near = { ready: ready.filter(isHere), all: all.filter(isHere) }
    const far = { ready: ready.filter(isElsewhere), all: all.filter(isElsewhere) }
    this.#staying = this.#share(near, far)
    return [
      { name: `${name} zone ${this.#options.here}`, ...near },
      { name: `${name} other zones`, ...far },
    ]
  }

  select(flow: Flow): number {
    if (this.#staying === 1) return 0
    return pointOf(flow, this.#salt, this.#rng) < this.#staying ? 0 : 1
  }

  #share(near: Omit<Group, 'name'>, far: Omit<Group, 'name'>): number {
    const { overprovisioning, minEndpoints } = this.#options
    if (near.ready.length === 0) return 0
    if (far.ready.length === 0) return 1
    if (near.ready.length >= minEndpoints) {
      return Math.min(1, (overprovisioning * near.ready.length) / near.all.length)
    }
    const weight = weightOf(near.ready)
    return weight / (weight + weightOf(far.ready))
  }
}

function weightOf(endpoints: readonly Endpoint[]): number {
  return endpoints.reduce((sum, { weight }) => sum + weight, 0)
}
