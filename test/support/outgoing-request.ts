import type { OutgoingRequest } from '../../core/contracts/transport.ts'

/** A request as it is sent to an endpoint: a GET of `/` without a body, but for what differs. */
export function outgoing(differences: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return {
    method: 'GET',
    target: '/',
    headers: ['host', 'a.test'],
    body: null,
    upgrade: undefined,
    fresh: false,
    prompt: false,
    ...differences,
  }
}
