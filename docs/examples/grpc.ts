import { promisify } from 'node:util'
import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js'
// #region imports
import { defineGateway, env } from 'sluice'
import { createGateway } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'

// #endregion imports

// Messages are bytes here, so that no generated code is needed.
const same = (bytes: Buffer): Buffer => bytes
const greet = {
  path: '/greeter.Greeter/Greet',
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
}

// A service to stand behind the gateway.
const service = new Server()
service.addService(
  { greet },
  {
    greet(call: { request: Buffer }, done: (error: null, answer: Buffer) => void) {
      done(null, Buffer.from(`hello ${call.request}`))
    },
  },
)
const bind = promisify(service.bindAsync.bind(service))
const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure())

// #region gateway
const config = defineGateway({
  http: {
    host: '127.0.0.1',
    port: 0,
    // PEM, or the path of a file of it.
    tls: { cert: env('TLS_CERT'), key: env('TLS_KEY') },
  },
  upstreams: {
    greeter: {
      endpoints: [`http://127.0.0.1:${port}`],
      balance: roundRobin(),
      protocol: 'h2',
      timeouts: { idle: '10m' },
      // RESOURCE_EXHAUSTED is no failure of one endpoint alone.
      failure: ({ status, header }) => {
        if (header('grpc-status') === '8') return 'overload'
        return status < 500 && header('grpc-status') !== '14' ? 'ok' : 'upstream-error'
      },
    },
  },
  routes: [{ path: '/greeter.Greeter', to: 'greeter' }],
})

const gateway = await createGateway(config)
const [address] = await gateway.listen()
// #endregion gateway

// #region client
const client = new Client(
  `127.0.0.1:${address?.port}`,
  credentials.createSsl(Buffer.from(env('TLS_CERT'))),
)
// #endregion client
for (const path of [greet.path, '/greeter.Other/Greet']) {
  await new Promise<void>((resolve) => {
    client.makeUnaryRequest(
      path,
      same,
      same,
      Buffer.from('ada'),
      new Metadata(),
      (error, answer) => {
        console.log(path, error === null ? String(answer) : `${error.code} ${error.details}`)
        resolve()
      },
    )
  })
}
client.close()
await gateway.close()
service.forceShutdown()
