import { defineGateway } from 'sluice'
import { healthCheck, retry, roundRobin } from 'sluice/plugins'
import { replicaIsCurrent } from './replica-check.ts'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    users: {
      endpoints: ['http://10.0.0.1:9001', 'http://10.0.0.2:9001'],
      balance: roundRobin(),
      plugins: [healthCheck({ path: '/healthz', status: ['200-299'] }), retry()],
    },
    greeter: {
      endpoints: ['http://10.0.1.1:50051', 'http://10.0.1.2:50051'],
      balance: roundRobin(),
      protocol: 'h2',
      plugins: [healthCheck({ type: 'grpc', service: 'greeter.Greeter' })],
    },
    search: {
      endpoints: ['http://10.0.2.1:9200', 'http://10.0.2.2:9200'],
      balance: roundRobin(),
      plugins: [healthCheck({ check: replicaIsCurrent, interval: '5s' })],
    },
    legacy: {
      endpoints: ['https://10.0.3.1', 'https://10.0.3.2'],
      balance: roundRobin(),
      // Has no page to ask for: a connection, and TLS on it, is all that can be seen.
      plugins: [healthCheck({ type: 'tcp', initial: 'ready' })],
    },
  },
  routes: [
    { path: '/users', to: 'users' },
    { path: '/greeter.Greeter', to: 'greeter' },
    { path: '/search', to: 'search' },
    { path: '/', to: 'legacy' },
  ],
})
