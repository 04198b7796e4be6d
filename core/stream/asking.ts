import type { Flow, Outcome } from '../contracts/flow.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Peer } from '../contracts/peer.ts'
import type { Failure, Plugin } from '../contracts/plugin.ts'
import type { ActiveFlow } from '../upstream/flow.ts'

type Asked = Plugin & Required<Pick<Plugin, 'stream'>>
type Deciding = Plugin & Required<Pick<Plugin, 'again'>>

/**
 * Asks the `stream` facets in order until one refuses; a promise only if one of them gave one. One
 * that gives nothing lets the connection in.
 */
function ask(
  chain: readonly Asked[],
  flow: Flow,
  peer: Peer,
  from = 0,
): boolean | Promise<boolean> {
  for (let i = from; i < chain.length; i++) {
    const answer = chain[i]?.stream(flow, peer)
    if (answer === false) return false
    if (answer instanceof Promise) {
      return answer.then((goesOn) => goesOn !== false && ask(chain, flow, peer, i + 1))
    }
  }
  return true
}

/** Asks the plugins of a listener, then those of the upstream that they leave the connection with. */
export function askBoth(
  listener: readonly Asked[],
  flow: ActiveFlow,
  peer: Peer,
): boolean | Promise<boolean> {
  const answer = ask(listener, flow, peer)
  if (answer === false) return false
  if (answer === true) return ask(flow.live.chain.stream, flow, peer)
  return answer.then((goesOn) => goesOn && ask(flow.live.chain.stream, flow, peer))
}

/**
 * Asks the `again` facets about a connection that did not come about, or datagrams without a reply:
 * ms to wait before another endpoint is tried, or -1. One that throws has no say.
 */
export function delayBeforeNext(
  chain: readonly Deciding[],
  flow: Flow,
  outcome: Outcome,
  log: Logger,
  sent: Failure['sent'] = 'nothing',
): number {
  const failure: Failure = {
    attempt: flow.attempt,
    outcome,
    status: 0,
    retryAfterMs: -1,
    sent,
    reused: false,
    replayable: true,
    idempotent: true,
    leftMs: Number.POSITIVE_INFINITY,
  }
  for (const plugin of chain) {
    try {
      const delayMs = plugin.again(flow, failure)
      if (delayMs >= 0) return delayMs
    } catch (error: unknown) {
      log.error({ err: error }, 'a plugin threw')
    }
  }
  return -1
}
