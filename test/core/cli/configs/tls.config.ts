import { defineGateway } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { A, EXPIRED } from '../../../support/certificates.ts'

export default defineGateway({
  http: [
    { port: 0, host: '127.0.0.1', redirect: 'https' },
    { port: 0, host: '127.0.0.1', tls: { ...A, sni: { 'old.test': EXPIRED } } },
  ],
  upstreams: { it: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() } },
  routes: [{ to: 'it' }],
})
