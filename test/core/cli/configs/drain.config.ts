import { defineGateway, env } from 'sluice'
import { drain, roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 0 },
  upstreams: { it: { endpoints: [env('ORIGIN')], balance: roundRobin() } },
  routes: [{ to: 'it' }],
  plugins: [drain({ deadline: '300ms', grace: '1500ms', readiness: { path: '/readyz' } })],
})
