import type { EndpointPlace } from './endpoint.ts'
import type { EndpointSource } from './membership.ts'
import type { UpstreamSettings } from './settings.ts'

/**
 * Every endpoint that an upstream is to have: the config's, those that are discovered, those that
 * plugins supply. An id that is taken is passed over.
 */
export function sourcesOf(
  { endpoints, supply, sourceOf }: UpstreamSettings,
  supplied: Iterable<readonly EndpointPlace[]>,
  passOver: (place: EndpointPlace) => void,
): EndpointSource[] {
  const sources = [...endpoints]
  const taken = new Set(sources.map(({ id }) => id))
  for (const place of [supply?.places ?? [], ...supplied].flat()) {
    if (taken.has(place.id)) {
      passOver(place)
      continue
    }
    taken.add(place.id)
    sources.push(sourceOf(place))
  }
  return sources
}
