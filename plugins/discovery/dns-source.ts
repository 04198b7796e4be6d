import type { Clock, DnsService, EndpointConfig, Resolver } from '#core'
import { Addresses, type AddressRules, type Located } from './addresses.ts'
import type { Found, Sighting, Source } from './source.ts'
import { servicesInUse, sharesOf } from './srv-records.ts'

// Hosts of SRV records are asked for so many at a time, which no server takes for a flood.
const AT_ONCE = 16

export interface DnsOptions extends Omit<AddressRules, 'families'> {
  readonly name: string
  readonly type: 'A' | 'AAAA' | 'both' | 'SRV'
  readonly port: number
  readonly scheme: 'http' | 'https'
  readonly family: 'A' | 'AAAA' | 'both'
  readonly maxEndpoints: number
}

/** Endpoints that DNS knows by a name. */
export class DnsSource implements Source {
  readonly name: string
  readonly retryMs: number
  readonly longestMs: number
  readonly #options: DnsOptions
  readonly #resolver: Resolver
  readonly #clock: Clock
  readonly #addresses: Addresses
  #services: readonly DnsService[] = []

  constructor(options: DnsOptions, resolver: Resolver, clock: Clock) {
    const { name, type, family } = options
    this.name = `the DNS name ${name}`
    this.retryMs = options.minInterval
    this.longestMs = options.maxInterval
    this.#options = options
    this.#resolver = resolver
    this.#clock = clock
    const families = FAMILIES[type === 'SRV' ? family : type]
    this.#addresses = new Addresses({ ...options, families }, resolver, clock)
  }

  async look(): Promise<Sighting> {
    return this.#options.type === 'SRV' ? this.#lookAtServices() : this.#lookAtAddresses()
  }

  async #lookAtAddresses(): Promise<Sighting> {
    const { name, scheme, port } = this.#options
    const located = await this.#addresses.of(name)
    if (located.addresses.length === 0 && located.trouble !== '') throw new Error(located.trouble)
    const endpoints = located.addresses.map((address) => ({
      url: urlOf(scheme, address, port),
      servername: bare(name),
    }))
    return this.#found(endpoints, located.trouble, located.until)
  }

  async #lookAtServices(): Promise<Sighting> {
    const { interval, maxEndpoints } = this.#options
    const asked = await this.#askServices()
    const services = servicesInUse(asked.services)
    if (services.length > maxEndpoints) {
      throw new Error(`${services.length} services, and ${maxEndpoints} are the most`)
    }
    const names = new Set(services.map(({ target }) => target))
    const located = await this.#locate([...names])
    // Records that are gone for a moment must not take with them what is known of their hosts.
    if (names.size > 0) this.#addresses.keep(names)
    this.#services = asked.services
    const troubles = [asked.trouble, ...[...located.values()].map(({ trouble }) => trouble)]
    const trouble = troubles.find((one) => one !== '') ?? ''
    const endpoints = this.#endpointsOf(services, located)
    if (endpoints.length === 0 && trouble !== '') throw new Error(trouble)
    return this.#found(endpoints, trouble, this.#clock.now() + interval)
  }

  async #askServices(): Promise<{ services: readonly DnsService[]; trouble: string }> {
    const { name, servers, timeout } = this.#options
    try {
      const services = await this.#resolver.services({ name, servers, timeoutMs: timeout })
      return { services, trouble: '' }
    } catch (error: unknown) {
      if (this.#services.length === 0) throw error
      const trouble = error instanceof Error ? error.message : String(error)
      return { services: this.#services, trouble }
    }
  }

  async #locate(names: readonly string[]): Promise<Map<string, Located>> {
    const located = new Map<string, Located>()
    for (let at = 0; at < names.length; at += AT_ONCE) {
      const some = names.slice(at, at + AT_ONCE)
      const found = await Promise.all(some.map((name) => this.#addresses.of(name)))
      for (const [index, name] of some.entries()) located.set(name, found[index] as Located)
    }
    return located
  }

  #endpointsOf(
    services: readonly DnsService[],
    located: ReadonlyMap<string, Located>,
  ): EndpointConfig[] {
    const { scheme } = this.#options
    const byUrl = new Map<string, EndpointConfig>()
    for (const { target, port, priority, weight } of sharesOf(services)) {
      const addresses = located.get(target)?.addresses ?? []
      for (const address of addresses) {
        const url = urlOf(scheme, address, port)
        // Two records may lead to one place; the first of them, of the better priority, stands.
        if (byUrl.has(url)) continue
        const share = weight / addresses.length
        byUrl.set(url, { url, priority, weight: share, servername: bare(target) })
      }
    }
    return [...byUrl.values()]
  }

  #found(endpoints: readonly EndpointConfig[], trouble: string, until: number): Sighting {
    const { minInterval, interval } = this.#options
    const leftMs = Math.max(minInterval, until - this.#clock.now())
    const found: Found = { endpoints, trouble, accepted() {} }
    return { state: 'found', found, againMs: endpoints.length === 0 ? interval : leftMs }
  }
}

const FAMILIES: Readonly<Record<'A' | 'AAAA' | 'both', readonly (4 | 6)[]>> = {
  A: [4],
  AAAA: [6],
  both: [4, 6],
}

function urlOf(scheme: string, address: string, port: number): string {
  const host = address.includes(':') ? `[${address}]` : address
  return port === 0 ? `${scheme}://${host}` : `${scheme}://${host}:${port}`
}

// No certificate has the dot at the end of a whole name.
function bare(name: string): string {
  return name.replace(/\.$/, '')
}
