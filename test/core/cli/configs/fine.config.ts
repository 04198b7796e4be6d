import { defineGateway } from 'sluice'
import { roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: Number(process.env.PORT ?? 0) },
  upstreams: {
    main: { endpoints: [process.env.ORIGIN ?? 'http://127.0.0.1:9'], balance: roundRobin() },
  },
  routes: [{ path: '/', to: 'main' }],
})
