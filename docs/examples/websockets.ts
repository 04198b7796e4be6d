import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { defineGateway } from 'sluice'
import { createGateway } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'
import { WebSocketServer } from 'ws'

// #region echo
const echo = new WebSocketServer({ host: '127.0.0.1', port: 0 })
echo.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})
await once(echo, 'listening')
const { port } = echo.address() as AddressInfo

const gateway = await createGateway(
  defineGateway({
    http: { host: '127.0.0.1', port: 0 },
    upstreams: { echo: { endpoints: [`http://127.0.0.1:${port}`], balance: roundRobin() } },
    routes: [{ path: '/echo', to: 'echo' }],
  }),
)
const [address] = await gateway.listen()
// #endregion echo

// #region client
const socket = new WebSocket(`ws://127.0.0.1:${address?.port}/echo`)
const closed = new Promise<CloseEvent>((resolve) => {
  socket.onclose = resolve
})
socket.onopen = () => socket.send('hello')
const echoed = await new Promise<MessageEvent>((resolve) => {
  socket.onmessage = resolve
})
console.log(echoed.data)

await gateway.close()
const { code, reason } = await closed
console.log(code, reason)
// #endregion client
echo.close()
