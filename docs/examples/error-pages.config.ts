import { defineGateway } from 'sluice'
import { errorPages, requestId, roundRobin } from 'sluice/plugins'

const sorry = `<!doctype html>
<title>{title}</title>
<style>body { font-family: sans-serif }</style>
<h1>{title}</h1>
<p>{detail}</p>
<p>If you ask us about it, name this: {id}</p>`

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: { users: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() } },
  routes: [{ path: '/users', to: 'users' }],
  plugins: [
    requestId(),
    errorPages({
      pages: { 404: '<h1>There is nothing at this address</h1>', '4xx': sorry, '5xx': sorry },
    }),
  ],
})
