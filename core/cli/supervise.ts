import { realpathSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ControlSocket } from '../supervisor/control-socket.ts'
import { Supervisor, type Teller } from '../supervisor/supervisor.ts'
import { stayAwake } from '../system/awake.ts'
import { systemClock } from '../system/clock.ts'
import { EXIT } from './exit.ts'
import { untilSignalled } from './signals.ts'

const teller: Teller = {
  show: (banner) => console.log(banner),
  say: (line) => console.log(`sluice: ${line}`),
  warn: (line) => console.error(`sluice: ${line}`),
}

/** Runs the gateway of a config in a worker, until a signal ends both. */
export async function supervise(config: string, words: readonly string[]): Promise<number> {
  const awake = stayAwake()
  const supervisor = new Supervisor({ script: script(), args: words }, systemClock, teller)
  untilSignalled(
    () => void supervisor.stop(),
    () => supervisor.kill(),
  )
  process.on('SIGHUP', () => supervisor.signal('SIGHUP'))
  process.on('SIGUSR1', () => supervisor.signal('SIGUSR1'))
  process.on('SIGUSR2', () => void supervisor.upgrade())
  const control = await openControl(config, supervisor)
  try {
    const code = await supervisor.run()
    if (code === EXIT.fine) console.log('sluice: stopped')
    return code
  } finally {
    control?.close()
    awake()
  }
}

// Where nothing can be written SIGUSR2 still works.
async function openControl(
  config: string,
  supervisor: Supervisor,
): Promise<ControlSocket | undefined> {
  try {
    return await ControlSocket.open(config, () => supervisor.upgrade())
  } catch (error: unknown) {
    const reason = error instanceof Error ? error.message : String(error)
    teller.warn(`warning: \`sluice upgrade\` will not find this process: ${reason}`)
    return undefined
  }
}

// As it was typed, where it was: a link to the current release may lead elsewhere by the time of
// an upgrade. `npm start` of the examples is not the command, and neither is what embeds it.
function script(): string {
  const main = fileURLToPath(new URL(`main${extname(import.meta.url)}`, import.meta.url))
  const typed = process.argv[1]
  return typed !== undefined && real(typed) === realpathSync(main) ? typed : main
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
