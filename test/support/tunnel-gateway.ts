import assert from 'node:assert/strict'
import type { GatewayConfig, UpstreamConfig } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'
import type { Teardown } from './teardown.ts'

/** The head of an upgrade's request, and of the answer that takes it. */
export const ask = (protocol: string) =>
  `GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`
export const switched = (protocol: string) =>
  `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${protocol}\r\n\r\n`

/** A gateway on real sockets whose time stands still; it ends with the test. */
export async function startInVirtualTime(
  t: Teardown,
  url: string,
  config: Partial<GatewayConfig> = {},
  upstream: Partial<UpstreamConfig> = {},
) {
  const made = await createTestGateway({
    http: { port: 0, host: '127.0.0.1' },
    upstreams: { it: { endpoints: [url], balance: roundRobin(), ...upstream } },
    routes: [{ to: 'it' }],
    // What a plugin may say instead.
    ...(config.plugins === undefined && { shutdownTimeout: '10s' as const }),
    ...config,
  })
  const { gateway, clock } = made
  t.after(async () => {
    const closed = gateway.close()
    // What waits for time gets it, however often it asks.
    let isClosed = false
    closed.finally(() => {
      isClosed = true
    })
    while (!isClosed) {
      clock.advance(60_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
  const [address] = await gateway.listen()
  assert(address)
  return { ...made, port: address.port }
}
