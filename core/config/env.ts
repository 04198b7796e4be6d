import { ConfigError } from './config-error.ts'

// By value. What a plugin finds wrong with a value it can tell with the variable's name alone.
const read = new Map<string, string>()

/**
 * Reads an environment variable that must be set.
 *
 * @throws ConfigError that names the variable when it is not set or empty
 * @example
 * stickySession({ secret: env('STICKY_SECRET') })
 */
export function env(name: string): string {
  const value = process.env[name]
  if (!value) throw new ConfigError([`the environment variable ${name} is not set`])
  read.set(value, name)
  return value
}

/** The variable that `env` read a value from, for messages about secrets; undefined for others. */
export function variableOf(value: string): string | undefined {
  return read.get(value)
}
