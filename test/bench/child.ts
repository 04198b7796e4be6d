/** Processes that the bench starts: pinned, watched until they accept, ended by pid whatever happens. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { connect, createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What to run; the first word is the program. */
export interface Command {
  readonly words: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
}

/** A running process, and what it wrote last. */
export interface Child {
  readonly pid: number
  readonly process: ChildProcess
  output(): string
}

export const GATEWAY_CORE = 0
export const LOAD_CORE = 1

const READY_DEADLINE_MS = 20_000
const END_DEADLINE_MS = 3_000
const KEPT_OUTPUT = 65_536
const running = new Set<Child>()

export const pinned = canPin()

process.once('exit', () => {
  for (const child of running) child.process.kill('SIGKILL')
})
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

/** Starts a program, pinned to `core` where that is possible. */
export function launch({ words, env }: Command, core: number): Child {
  const [file, ...args] = pinned ? (['taskset', '-c', String(core), ...words] as const) : words
  const started = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let output = ''
  const keep = (chunk: Buffer): void => {
    output = (output + chunk).slice(-KEPT_OUTPUT)
  }
  started.stdout.on('data', keep)
  started.stderr.on('data', keep)
  started.on('error', (error) => keep(Buffer.from(error.message)))
  const child = { pid: started.pid ?? -1, process: started, output: () => output.trim() }
  running.add(child)
  started.once('close', () => running.delete(child))
  return child
}

/**
 * Keeps `core` busy with what gives way to everything else: waking a core that has halted costs whoever
 * does it several us, the more so in a virtual machine.
 */
export function keepAwake(core: number): Child {
  return launch({ words: ['chrt', '-i', '0', process.execPath, '-e', 'for (;;);'] }, core)
}

/** Waits until `port` accepts; throws with the program's own words if it ends or takes too long. */
export async function whenReady(child: Child, port: number): Promise<void> {
  const deadline = performance.now() + READY_DEADLINE_MS
  while (performance.now() < deadline) {
    if (!running.has(child)) throw new Error(`ended before it listened:\n${reasonOf(child)}`)
    if (await accepts(port)) return
    await sleep(50)
  }
  await end(child)
  throw new Error(`did not listen within ${READY_DEADLINE_MS / 1000} s:\n${child.output()}`)
}

/** Waits for a program to finish by itself and returns what it wrote. */
export async function outputOf(child: Child): Promise<string> {
  if (running.has(child)) await once(child)
  const { exitCode } = child.process
  if (exitCode !== 0) throw new Error(`${child.process.spawnfile} failed:\n${child.output()}`)
  return child.output()
}

/** Ends one process: asks, then insists. */
export async function end(child: Child): Promise<void> {
  if (!running.has(child)) return
  const gone = once(child)
  child.process.kill('SIGTERM')
  const insist = setTimeout(() => child.process.kill('SIGKILL'), END_DEADLINE_MS)
  await gone
  clearTimeout(insist)
}

/** Asks the system for a port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/** Finds a program on PATH, and where distributions put daemons. */
export function find(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

/** The line of a program's version output that holds a number, or what stands for it. */
export function versionOf(program: string): string {
  const file = find(program)
  if (file === undefined) return 'not installed'
  const { stdout, stderr } = spawnSync(file, ['-v'], { encoding: 'utf8' })
  return /\d+\.\d+[\w.+-]*/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown version'
}

function once(child: Child): Promise<void> {
  return new Promise((resolve) => void child.process.once('close', () => resolve()))
}

/** The line that names the error, if there is one, rather than a page of stack. */
function reasonOf(child: Child): string {
  return child.output().match(/^.*Error\b.*$/m)?.[0] ?? child.output()
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => socket.destroy()).on('error', () => {})
    socket.once('close', (hadError) => resolve(!hadError))
  })
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function canPin(): boolean {
  if (find('taskset') === undefined || availableParallelism() < 2) return false
  const cores = [GATEWAY_CORE, LOAD_CORE]
  return cores.every((core) => spawnSync('taskset', ['-c', String(core), 'true']).status === 0)
}
