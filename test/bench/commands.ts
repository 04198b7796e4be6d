/** How sluice and nginx are started, each in a folder and on a port of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, type Command, find, freePort, launch, whenReady } from './child.ts'
import type { Place } from './daemon-configs.ts'

/** What listens on a port. */
export interface Running {
  readonly port: number
  readonly child: Child
}

const scratch = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))

export async function newPlace(): Promise<Place> {
  return { port: await freePort(), folder: mkdtempSync(join(scratch, 'run-')) }
}

/** Starts a command and waits until it listens. */
export async function start(command: Command, port: number, core: number): Promise<Running> {
  const child = launch(command, core)
  await whenReady(child, port)
  return { port, child }
}

export function sluiceCommand(config: string, { port }: Place, originPort: number): Command {
  return {
    words: [
      ...([process.execPath, '-C', 'sluice-source'] as const),
      // The request path is the same with a supervisor, which would be counted with its memory.
      ...[local('../../core/cli/main.ts'), 'start', '--no-supervisor', '-c', local(config)],
    ],
    env: gatewayEnv(port, originPort),
  }
}

export function nginxCommand(folder: string, config: string): Command {
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, config)
  return {
    words: [find('nginx') ?? 'nginx', '-p', folder, '-e', join(folder, 'error.log'), '-c', file],
  }
}

export function gatewayEnv(port: number, originPort: number): Record<string, string> {
  return { PORT: String(port), ORIGIN: `http://127.0.0.1:${originPort}`, NODE_ENV: 'production' }
}

/** A file beside this one. */
export function local(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
