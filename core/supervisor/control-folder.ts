import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where a supervisor can be spoken to, and its process. */
export interface ControlPath {
  readonly path: string
  readonly pid: number
}

const NAME = /^([0-9a-f]{16})\.(\d+)\.sock$/

/** The path for this process, which runs the gateway of a config. @throws Error */
export function ownControlPath(config: string): string {
  const folder = controlFolder()
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  check(folder)
  return join(folder, `${keyOf(config)}.${process.pid}.sock`)
}

/** Those of a config, or of one process unless `pid` is empty. @throws Error when another user could be behind them */
export function controlPaths(config: string, pid: string): ControlPath[] {
  const folder = controlFolder()
  const names = check(folder) ? readdirSync(folder) : []
  return names.flatMap((name) => {
    const [, key, owner] = NAME.exec(name) ?? []
    const isMeant = pid === '' ? key === keyOf(config) : owner === pid
    return isMeant ? [{ path: join(folder, name), pid: Number(owner) }] : []
  })
}

function controlFolder(): string {
  return join(tmpdir(), `sluice-${process.getuid?.()}`)
}

// As it is typed, not where its links lead: those may lead elsewhere by the time of an upgrade.
function keyOf(config: string): string {
  return createHash('sha256').update(resolve(config)).digest('hex').slice(0, 16)
}

/** Whether the folder is there. In a folder for all, somebody else may have made it first. */
function check(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  if (found === undefined) return false
  const isOurs = found.isDirectory() && found.uid === process.getuid?.()
  if (isOurs && (found.mode & 0o077) === 0) return true
  throw new Error(`${folder} is not a folder that this user alone can use; remove it`)
}
