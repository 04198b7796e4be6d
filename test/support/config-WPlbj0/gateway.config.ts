
  import { defineGateway } from 'sluice'
  import { admin, roundRobin } from 'sluice/plugins'
  export default defineGateway({
    http: { host: '127.0.0.1', port: 0 },
    upstreams: { it: { endpoints: [{ id: 'e0', url: 'http://127.0.0.1:9' },{ id: 'e1', url: 'http://127.0.0.1:10' }], balance: roundRobin() } },
    routes: [{ path: '/', to: 'it' }],
    plugins: [admin({ port: 0  })],
    shutdownTimeout: '5s',
  })