import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocketServer } from 'ws'

// An endpoint in a process of its own: answers with what it got, `/slow` after up to 200 ms, and
// echoes WebSockets. Run with its port.
const server = createServer(async (req, res) => {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  if (req.url === '/slow') await pause(Math.random() * 200)
  res.end(Buffer.concat(chunks))
})
const sockets = new WebSocketServer({ server })
sockets.on('connection', (socket) => {
  socket.on('error', () => undefined)
  socket.on('message', (data) => socket.send(data))
})
server.listen(Number(process.argv[2]), '127.0.0.1', () => {
  const address = server.address()
  console.log(`port ${typeof address === 'object' ? address?.port : 0}`)
})
