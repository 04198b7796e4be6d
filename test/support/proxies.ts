import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, command } from './command.ts'
import { waitFor } from './deadline.ts'
import type { Teardown } from './teardown.ts'

/** Starts a program with a config of a test's own, and waits until it listens on `port`. */
export async function startProgram(
  t: Teardown,
  port: number,
  start: (folder: string) => readonly [file: string, ...args: string[]],
): Promise<Command> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-program-'))
  const [file, ...args] = start(folder)
  const running = command(file, args)
  running.child.on('error', () => undefined)
  t.after(async () => {
    running.child.kill('SIGKILL')
    await running.ended
    rmSync(folder, { recursive: true, force: true })
  })
  let isUp = false
  const look = async (): Promise<void> => {
    while (!isUp && running.child.exitCode === null) isUp = await accepts(port)
  }
  void look()
  const told = () => `${file} on ${port}: ${running.output()}${running.errors()}`
  await waitFor(() => isUp || running.child.exitCode !== null, told, 10_000)
  if (!isUp) throw new Error(`ended: ${told()}`)
  return running
}

/** HAProxy in mode tcp: `lines` go into its config. */
export function startHaproxy(t: Teardown, port: number, lines: string): Promise<Command> {
  return startProgram(t, port, (folder) => {
    const file = join(folder, 'haproxy.cfg')
    writeFileSync(
      file,
      `defaults\n mode tcp\n timeout connect 5s\n timeout client 60s\n timeout server 60s\n${lines}`,
    )
    return ['haproxy', '-db', '-f', file]
  })
}

/** nginx that answers every request over TLS with a text. */
export function startNginx(
  t: Teardown,
  port: number,
  { cert, key }: { cert: string; key: string },
  text: string,
): Promise<Command> {
  return startProgram(t, port, (folder) => {
    for (const [name, pem] of Object.entries({ cert, key })) {
      writeFileSync(join(folder, `${name}.pem`), pem)
    }
    const file = join(folder, 'nginx.conf')
    writeFileSync(
      file,
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/log;
events {}
http { access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder};
  fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server { listen 127.0.0.1:${port} ssl; ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/key.pem; location / { return 200 "${text}"; } } }`,
    )
    return ['nginx', '-p', folder, '-e', join(folder, 'log'), '-c', file]
  })
}

/** A port that was free a moment ago, for programs that cannot be given 0. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => socket.destroy()).on('error', () => undefined)
    socket.on('close', (hadError) => resolve(!hadError))
  })
}
