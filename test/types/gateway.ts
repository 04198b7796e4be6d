import { type Changes, loadGateway } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'

// Not run: what a gateway from a file refuses at compile time.
export async function refused(): Promise<Changes> {
  // @ts-expect-error: the path of a file, not a config
  await loadGateway({ http: { port: 80 }, upstreams: {}, routes: [] })
  const gateway = await loadGateway('gateway.config.ts')
  const users = { endpoints: ['http://10.0.0.1:9001'], balance: roundRobin() }
  const upstreams = { users }
  // @ts-expect-error: no such upstream
  await gateway.reload({ http: { port: 80 }, upstreams, routes: [{ path: '/', to: 'user' }] })
  // @ts-expect-error: the reloads are the gateway's
  gateway.reloads = undefined
  return gateway.reload()
}
