import type { Endpoint, Flow } from '#core'

/** Whether the flow may not be sent to the endpoint: it is full, or the flow avoids it. */
export function isTaken(endpoint: Endpoint, flow: Flow): boolean {
  return endpoint.isFull || flow.avoid?.has(endpoint) === true
}
