import { rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { systemClock } from '../system/clock.ts'
import { ownControlPath } from './control-folder.ts'
import type { Upgrade } from './supervisor.ts'

/** What is written on the socket: one line asks, one line of JSON answers. */
export const ASK_UPGRADE = 'upgrade\n'

const MOST_CLIENTS = 8
// Whoever connects knows what to ask.
const ASKING_MS = 5_000

/**
 * The way to a supervisor for `sluice upgrade`: a socket in a folder of the user's, which nobody
 * answers once the process is gone. A pid in a file may have become that of another process.
 */
export class ControlSocket {
  readonly #server: Server
  readonly #path: string

  private constructor(server: Server, path: string) {
    this.#server = server
    this.#path = path
    // Also when a second signal ends the process.
    process.on('exit', () => rmSync(path, { force: true }))
  }

  /** Starts to listen for upgrades of the gateway of a config. */
  static async open(config: string, upgrade: () => Promise<Upgrade>): Promise<ControlSocket> {
    const path = ownControlPath(config)
    rmSync(path, { force: true })
    const server = createServer((client) => serve(client, upgrade))
    server.maxConnections = MOST_CLIENTS
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
    return new ControlSocket(server, path)
  }

  close(): void {
    this.#server.close()
    rmSync(this.#path, { force: true })
  }
}

function serve(client: Socket, upgrade: () => Promise<Upgrade>): void {
  let asked = ''
  client.on('error', () => client.destroy())
  const cancel = systemClock.after(ASKING_MS, () => client.destroy())
  client.on('close', cancel)
  client.setEncoding('utf8').on('data', (text: string) => {
    if (asked === ASK_UPGRADE) return
    asked += text
    if (!ASK_UPGRADE.startsWith(asked)) return client.destroy()
    if (asked !== ASK_UPGRADE) return
    cancel()
    upgrade().then((result) => client.end(`${JSON.stringify(result)}\n`))
  })
}
