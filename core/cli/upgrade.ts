import { rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type ControlPath, controlPaths } from '../supervisor/control-folder.ts'
import { ASK_UPGRADE } from '../supervisor/control-socket.ts'
import type { Upgrade } from '../supervisor/supervisor.ts'
import { EXIT, tell } from './exit.ts'
import { Nonsense } from './nonsense.ts'

/** A gateway to upgrade. */
export interface UpgradeLine {
  readonly config: string
  /** The supervisor's process, when the config does not name it alone; empty otherwise. */
  readonly pid: string
}

interface Reached extends ControlPath {
  readonly socket: Socket
}

/**
 * Has a gateway that runs go on in a new worker, from the code and the config on disk.
 *
 * @throws Nonsense when there is none, or more than one
 */
export async function upgrade({ config, pid }: UpgradeLine): Promise<number> {
  const found = await Promise.all(pathsOf(config, pid).map(reach))
  const [gateway, ...others] = found.filter((one) => one !== undefined)
  if (gateway === undefined) throw new Nonsense(nobody(config, pid))
  if (others.length > 0) {
    for (const { socket } of [gateway, ...others]) socket.destroy()
    const pids = [gateway, ...others].map((one) => one.pid).sort((a, b) => a - b)
    throw new Nonsense(`${config} is run by ${pids.join(', ')}; name one with --pid`)
  }
  const result = await ask(gateway.socket)
  if ('reasons' in result) {
    tell(result)
    return result.code
  }
  console.log(`sluice: worker ${result.pid} took over after ${result.took}`)
  return EXIT.fine
}

function pathsOf(config: string, pid: string): ControlPath[] {
  if (!/^\d*$/.test(pid)) throw new Nonsense(`--pid must be the number of a process, got "${pid}"`)
  try {
    return controlPaths(config, pid)
  } catch (error: unknown) {
    throw new Nonsense(error instanceof Error ? error.message : String(error))
  }
}

function nobody(config: string, pid: string): string {
  if (pid !== '') return `process ${pid} is no gateway of this user's with a supervisor`
  return `no gateway of this user's runs ${config}; start it, or name its process with --pid`
}

/** Connects; what a process has left behind that is gone is removed. */
function reach(place: ControlPath): Promise<Reached | undefined> {
  return new Promise((resolve) => {
    const socket = connect(place.path)
    socket.once('connect', () => resolve({ ...place, socket }))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') rmSync(place.path, { force: true })
      resolve(undefined)
    })
  })
}

async function ask(socket: Socket): Promise<Upgrade> {
  socket.write(ASK_UPGRADE)
  const answer = await text(socket).catch(() => '')
  if (answer !== '') return JSON.parse(answer)
  return { code: EXIT.configIsWrong, reasons: ['the supervisor ended before it answered'] }
}
