import { defineGateway } from 'sluice'
import { healthCheck, roundRobin } from 'sluice/plugins'

const upstream = (host: string) => ({ endpoints: [`http://${host}:9001`], balance: roundRobin() })

export default defineGateway({
  http: { port: 0 },
  upstreams: {
    itself: { ...upstream('10.0.0.1'), plugins: [healthCheck()] },
    byRoute: upstream('10.0.0.2'),
    alone: upstream('10.0.0.3'),
  },
  routes: [
    { path: '/a', to: 'itself' },
    { path: '/b', to: 'byRoute', plugins: [healthCheck()] },
    { path: '/c', to: 'alone' },
  ],
})
