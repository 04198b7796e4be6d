import { plainTarget } from '../simulate/plain-target.ts'
import { type EndpointPlace, LiveEndpoint } from '../upstream/endpoint.ts'

const NO_CLIENT = {
  send(): never {
    throw new Error('a command sends nothing')
  },
  close() {},
  destroy() {},
}

/** An endpoint as a strategy sees it, to which nothing is ever sent. */
export function idleEndpoint(place: EndpointPlace, index: number): LiveEndpoint {
  return new LiveEndpoint({ ...place, target: plainTarget(place.url) }, index, NO_CLIENT)
}
