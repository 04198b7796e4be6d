/** The endpoint of the WebSocket bench: echoes frames of one size. `node ws-echo.ts PORT` */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { asked, echoed } from './ws-frames.ts'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

const server = createServer((_req, res) => res.end('ok'))
server.on('upgrade', (req, socket) => {
  const key = req.headers['sec-websocket-key'] ?? ''
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  let bytes = 0
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    for (; bytes >= asked.length; bytes -= asked.length) socket.write(echoed)
  })
  socket.on('error', () => socket.destroy()).on('end', () => socket.end())
})
server.listen(Number(process.argv[2]), '127.0.0.1')
