/** The endpoints of `bench:health`: as many ports as asked for, each a server, which count together. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok'

let asked = 0
const ports: number[] = []
for (let i = 0; i < Number(process.argv[2]); i++) {
  const server = createServer(serve).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ports.push((server.address() as AddressInfo).port)
}
process.send?.(ports)
process.on('message', () => process.send?.(asked))
process.on('disconnect', () => process.exit(0))

function serve(socket: Socket): void {
  socket.on('data', () => {
    asked++
    socket.write(ANSWER)
  })
  socket.on('error', () => socket.destroy())
}
