import { defineGateway } from 'sluice'
import { roundRobin } from 'sluice/plugins'

const maintenance = {
  status: 503,
  headers: { 'retry-after': '600', 'content-type': 'text/html; charset=utf-8' },
  body: '<!doctype html><title>Back soon</title><p>We are back in ten minutes.</p>',
}

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: { users: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() } },
  routes: [
    { path: '/users', to: 'users', respond: maintenance },
    { path: '/robots.txt', exact: true, respond: { body: 'User-agent: *\nDisallow: /\n' } },
    { path: '/v1', respond: { status: 410 } },
  ],
})
