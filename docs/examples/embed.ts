import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
// #region imports
import { defineGateway } from 'sluice'
import { createGateway } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'

// #endregion imports

// A service to stand behind the gateway.
const service = createServer((request, response) => response.end(`hello from ${request.url}\n`))
service.listen(0, '127.0.0.1')
await once(service, 'listening')
const { port } = service.address() as AddressInfo
const url = `http://127.0.0.1:${port}`

// #region embed
const config = defineGateway({
  http: { host: '127.0.0.1', port: 0 },
  upstreams: { hello: { endpoints: [url], balance: roundRobin() } },
  routes: [{ path: '/', to: 'hello' }],
})

const gateway = await createGateway(config)
const [address] = await gateway.listen()
const answer = await fetch(`http://127.0.0.1:${address?.port}/world`)
console.log(answer.status, await answer.text())
// #endregion embed

// #region reload
await gateway.reload({ ...config, routes: [{ path: '/world', to: 'hello' }] })
const missing = await fetch(`http://127.0.0.1:${address?.port}/elsewhere`)
console.log(missing.status, missing.headers.get('content-type'))
console.log(gateway.status().upstreams.hello?.endpoints)
// #endregion reload

// #region close
await gateway.close()
// #endregion close
service.close()
