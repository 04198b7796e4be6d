import { defineGateway } from 'sluice'
import { createGateway } from 'sluice/gateway'
import { accessLog, roundRobin } from 'sluice/plugins'

// A gateway of its own process, whose access log is given as JSON. SIGTERM closes it, SIGUSR2 ends
// the process as a crash would.
const options = JSON.parse(process.argv[2] ?? '{}')
const gateway = await createGateway(
  defineGateway({
    http: { port: 0, host: '127.0.0.1' },
    upstreams: { it: { endpoints: ['http://127.0.0.1:9'], balance: roundRobin() } },
    routes: [
      { path: '/users', to: 'it' },
      { path: '/fixed', respond: { body: 'here' } },
    ],
    plugins: [accessLog(options)],
  }),
)
process.on('SIGUSR2', () => process.exit(0))
process.on('SIGTERM', () => void gateway.close())
const [address] = await gateway.listen()
process.stderr.write(`port ${address?.port}\n`)
