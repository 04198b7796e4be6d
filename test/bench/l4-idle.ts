/** Opens connections through a proxy, has each answered once, and holds them: `l4-idle.ts PORT COUNT`. */
import { once } from 'node:events'
import { connect } from 'node:net'

const [port = '', count = ''] = process.argv.slice(2)
const AT_ONCE = 100

async function open(): Promise<void> {
  const socket = connect(Number(port), '127.0.0.1')
  socket.write('PING\r\n')
  await once(socket, 'data')
}

for (let made = 0; made < Number(count); made += AT_ONCE) {
  const some = Math.min(AT_ONCE, Number(count) - made)
  await Promise.all(Array.from({ length: some }, open))
}
console.log('held')
