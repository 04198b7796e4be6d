import { GatewayError } from '../errors.ts'

/** Says why an address cannot be bound. */
export function cannotListen(host: string, port: number, cause: Error, place = ''): GatewayError {
  const who = place === '' ? '' : `${place}: `
  const message = `${who}cannot listen on ${host}:${port}: ${reason(cause)}`
  return new GatewayError('CANNOT_LISTEN', message, { cause })
}

function reason(error: Error & { code?: string }): string {
  if (error.code === 'EADDRINUSE') return 'the address is in use'
  if (error.code === 'EACCES') return 'permission denied'
  if (error.code === 'EADDRNOTAVAIL') return 'no such address on this machine'
  return error.message
}
