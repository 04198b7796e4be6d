import { defineGateway } from 'sluice'
import { fastestOfThree } from './fastest-of-three.ts'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    users: {
      endpoints: ['http://127.0.0.1:9001', 'http://127.0.0.1:9002', 'http://127.0.0.1:9003'],
      balance: fastestOfThree({ memory: '5s' }),
    },
  },
  routes: [{ path: '/', to: 'users' }],
})
