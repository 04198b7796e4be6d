import { defineGateway } from 'sluice'
import { drain, roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { port: 8080 },
  upstreams: {
    pages: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() },
    chat: {
      endpoints: ['http://127.0.0.1:9002', 'http://127.0.0.1:9003'],
      balance: roundRobin(),
      timeouts: { tunnel: '10m' },
    },
  },
  routes: [{ to: 'pages' }, { path: '/chat', to: 'chat' }],
  plugins: [drain({ deadline: '60s', spread: '45s' })],
})
