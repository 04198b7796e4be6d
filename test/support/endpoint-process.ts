import { command } from './command.ts'
import type { Teardown } from './teardown.ts'

const SERVER = `
require('node:http').createServer((req, res) => res.end('ok'))
  .listen(Number(process.argv[1]), '127.0.0.1', function () { console.log('port ' + this.address().port) })
`

/** An endpoint that answers at once, in a process of its own, which can be killed and frozen. */
export interface EndpointProcess {
  readonly url: string
  readonly port: number
  kill(signal: NodeJS.Signals): void
}

/** `port` 0 is one of the system's choice. */
export async function startEndpointProcess(t: Teardown, port = 0): Promise<EndpointProcess> {
  const running = command(process.execPath, ['-e', SERVER, String(port)])
  t.after(() => running.child.kill('SIGKILL'))
  const [, bound] = await running.printed(/port (\d+)/, 20_000)
  return {
    url: `http://127.0.0.1:${bound}`,
    port: Number(bound),
    kill: (signal) => running.child.kill(signal),
  }
}
