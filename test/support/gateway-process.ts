import { command } from './command.ts'
import type { Teardown } from './teardown.ts'

const SCRIPT = `
import { bind, LOGGER } from 'sluice'
import { createGateway } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'
const { listener, route, endpoints } = JSON.parse(process.env.GATEWAY)
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const gateway = await createGateway({
  http: { port: 0, host: '127.0.0.1', ...listener },
  upstreams: { it: { endpoints, balance: roundRobin() } },
  routes: [{ to: 'it', ...route }],
  shutdownTimeout: '500ms',
}, [bind(LOGGER, silent)])
process.on('uncaughtException', (error) => { console.error(error); process.exit(70) })
process.on('SIGTERM', () => gateway.close().then(() => process.exit(0)))
process.on('SIGUSR2', () => console.log('status ' + JSON.stringify(gateway.status())))
const [{ port }] = await gateway.listen()
console.log('port ' + port)
`

/** A gateway in a process of its own, so that whoever loads it does not slow it down. */
export interface GatewayProcess {
  readonly port: number
  /** Ends it as an operator would; gives its exit code and what it wrote to stderr. */
  stop(): Promise<{ code: number | null; errors: string }>
}

/** What differs from a gateway with one route to one upstream; plain data. */
interface Plain {
  readonly listener?: object
  readonly route?: object
}

export async function startGatewayProcess(
  t: Teardown,
  endpoints: readonly string[],
  { listener = {}, route = {} }: Plain = {},
): Promise<GatewayProcess> {
  const args = ['-C', 'sluice-source', '--input-type=module', '-e', SCRIPT]
  const running = command(process.execPath, args, {
    cwd: new URL('../..', import.meta.url).pathname,
    env: { GATEWAY: JSON.stringify({ listener, route, endpoints }) },
  })
  t.after(() => running.child.kill('SIGKILL'))
  const [, port] = await running.printed(/port (\d+)/, 20_000)
  return {
    port: Number(port),
    async stop() {
      running.child.kill('SIGTERM')
      return { code: await running.ended, errors: running.errors() }
    },
  }
}
