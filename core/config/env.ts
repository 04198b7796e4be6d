import { ConfigError } from './config-error.ts'

/**
 * Reads an environment variable that must be set.
 *
 * @throws ConfigError that names the variable when it is not set or empty
 * @example
 * stickySession({ secret: env('STICKY_SECRET') })
 */
export function env(name: string): string {
  const value = process.env[name]
  if (value) return value
  throw new ConfigError([`the environment variable ${name} is not set`])
}
