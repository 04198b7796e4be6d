import { defineGateway } from 'sluice'
import { bandwidthLimit, roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: { files: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() } },
  routes: [
    {
      path: '/downloads',
      to: 'files',
      plugins: [bandwidthLimit({ down: '1mb', burst: '4mb', by: 'ip' })],
    },
    { path: '/uploads', to: 'files', plugins: [bandwidthLimit({ up: '256kb' })] },
  ],
})
