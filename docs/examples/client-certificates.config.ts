import { defineGateway, env } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { knownClients } from './known-clients.ts'

export default defineGateway({
  http: {
    port: 8443,
    tls: {
      cert: env('TLS_CERT'),
      key: env('TLS_KEY'),
      clientCa: env('CLIENT_CA'),
      clientCertHeader: 'x-client-subject',
    },
  },
  upstreams: { ledger: { endpoints: ['http://10.0.0.1:9001'], balance: roundRobin() } },
  routes: [{ to: 'ledger', plugins: [knownClients({ names: ['DNS:billing.internal'] })] }],
})
