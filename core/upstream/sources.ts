import type { EndpointPlace } from './endpoint.ts'
import type { EndpointSource } from './membership.ts'
import type { UpstreamSettings } from './settings.ts'

/**
 * All endpoints that are asked for: the config's, those that are discovered, and those that plugins
 * supply. One whose id is taken is passed over.
 */
export function sourcesOf(
  { endpoints, supply, sourceOf }: UpstreamSettings,
  supplied: Iterable<readonly EndpointPlace[]>,
  passedOver: (place: EndpointPlace) => void,
): EndpointSource[] {
  const sources = [...endpoints]
  const taken = new Set(sources.map(({ id }) => id))
  for (const place of [supply?.places ?? [], ...supplied].flat()) {
    if (taken.has(place.id)) {
      passedOver(place)
      continue
    }
    taken.add(place.id)
    sources.push(sourceOf(place))
  }
  return sources
}
