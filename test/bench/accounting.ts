/** What the kernel says about a process: processor time, memory, sockets. Linux only: reads /proc. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Totals of a process and its descendants. */
export interface Usage {
  readonly cpuUs: number
  readonly rssMb: number
  readonly peakMb: number
}

export const hasProc = existsSync('/proc/self/stat')

// USER_HZ, the tick of /proc/<pid>/stat, is 100 on every Linux that Node supports.
const TICK_US = 10_000

/** Reads what the tree under `pid` has used so far; throws once `pid` is gone. */
export function usageOf(pid: number): Usage {
  const total = { cpuUs: 0, rssMb: 0, peakMb: 0 }
  for (const member of treeOf(pid)) {
    // Fields 14 to 17: own user and system time, then those of children already waited for.
    const ticks = statOf(member).slice(11, 15)
    total.cpuUs += ticks.reduce((sum, tick) => sum + Number(tick), 0) * TICK_US
    const status = readFileSync(`/proc/${member}/status`, 'utf8')
    total.rssMb += kilobytes(status, 'VmRSS') / 1024
    total.peakMb += kilobytes(status, 'VmHWM') / 1024
  }
  return total
}

/** Counts the sockets that a process holds open. */
export function socketsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).filter((fd) => isSocket(`${folder}/${fd}`)).length
}

/** Counts established IPv4 connections whose own end is `port`. */
export function establishedAt(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)
  return rows.filter((row) => {
    const [, address, , state] = row.trim().split(/\s+/)
    return address?.endsWith(local) === true && state === '01'
  }).length
}

function treeOf(root: number): number[] {
  const tree = [root]
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: parentOf(Number(name)) }))
  for (const pid of tree) {
    for (const child of parents) if (child.parent === pid) tree.push(child.pid)
  }
  return tree
}

function parentOf(pid: number): number {
  try {
    return Number(statOf(pid)[1])
  } catch {
    return 0 // ended between the listing and the reading
  }
}

/** Fields of /proc/<pid>/stat from the third on: the second, the name, may itself hold spaces and brackets. */
function statOf(pid: number): string[] {
  const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return line.slice(line.lastIndexOf(')') + 2).split(' ')
}

function kilobytes(status: string, field: string): number {
  return Number(status.match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))?.[1] ?? Number.NaN)
}

function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:')
  } catch {
    return false // closed between the listing and the reading
  }
}
