import { roundRobin } from 'sluice/plugins'

export default {
  http: { port: 8080, requestTimeout: '5 minutes' },
  upstreams: {
    users: { endpoints: ['http://10.0.0.1:9001/v1'], balanse: roundRobin() },
  },
  routes: [{ path: 'users', to: 'user' }],
}
