import { bind, defineGateway, env } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { apiKey, KEY_STORE, type KeyStore } from './api-key.ts'
import { stamp } from './stamp.ts'

const keys = new Map([[env('ADA_KEY'), 'ada']])
const store: KeyStore = { ownerOf: async (key) => keys.get(key) }

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: { users: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() } },
  routes: [{ path: '/users', to: 'users', plugins: [apiKey({ header: 'x-api-key' })] }],
  plugins: [stamp()],
  provide: [bind(KEY_STORE, store)],
})
