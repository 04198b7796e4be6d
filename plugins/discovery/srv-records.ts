import type { DnsService } from '#core'

const MOST_PRIORITY = 127
// RFC 2782: "the service is decidedly not available at this domain".
const NO_SERVICE = ['', '.']

/** The records that name a place, in an order that does not depend on the answer's. */
export function servicesInUse(services: readonly DnsService[]): DnsService[] {
  return services
    .filter(({ target, port }) => !NO_SERVICE.includes(target) && port > 0)
    .map((service) => ({ ...service, target: service.target.toLowerCase() }))
    .sort(byPlace)
}

/**
 * Priorities and weights as endpoints have them. Priorities stay as they are where all fit, so that a
 * level that empties moves no other; else their ranks count. The weight 0 is as good as 1, as nginx
 * has it: an endpoint has a share, however small.
 */
export function sharesOf(services: readonly DnsService[]): DnsService[] {
  const levels = [...new Set(services.map(({ priority }) => priority))].sort((a, b) => a - b)
  const fits = (levels.at(-1) ?? 0) <= MOST_PRIORITY
  return services.map((service) => ({
    ...service,
    priority: fits ? service.priority : Math.min(MOST_PRIORITY, levels.indexOf(service.priority)),
    weight: Math.max(1, service.weight),
  }))
}

function byPlace(a: DnsService, b: DnsService): number {
  if (a.priority !== b.priority) return a.priority - b.priority
  if (a.target !== b.target) return a.target < b.target ? -1 : 1
  return a.port - b.port
}
