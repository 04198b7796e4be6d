import { PROTOCOL } from './messages.ts'

/** What a process is to its supervisor, if it has one. */
export type Role = 'none' | 'worker' | 'upgrade'

const VARIABLE = 'SLUICE_SUPERVISOR'

/** The environment of a worker; one of an upgrade starts while another one serves. */
export function environmentOf(role: Role): NodeJS.ProcessEnv {
  return { ...process.env, [VARIABLE]: `${PROTOCOL} ${role}` }
}

/**
 * What this process is. It is told once, so that what a config starts takes itself for no worker.
 *
 * @throws Error when its supervisor speaks another protocol
 */
export function workerRole(): Role {
  const told = process.env[VARIABLE]
  delete process.env[VARIABLE]
  if (told === undefined || process.send === undefined) return 'none'
  const [protocol, role] = told.split(' ')
  if (protocol === PROTOCOL) return role === 'upgrade' ? role : 'worker'
  throw new Error('the supervisor is of another version of sluice: stop and start it')
}
