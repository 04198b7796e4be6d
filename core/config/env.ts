import { ConfigError } from './config-error.ts'

// What a config took from the environment, in whichever load.
const secrets = new Map<string, string>()

/**
 * Reads an environment variable that must be set.
 *
 * @throws ConfigError that names the variable when it is not set or empty
 * @example
 * stickySession({ secret: env('STICKY_SECRET') })
 */
export function env(name: string): string {
  const value = process.env[name]
  if (value) {
    secrets.set(value, name)
    return value
  }
  // A secret is of one's own making: whoever lacks it is told how.
  const remedy = /SECRET/i.test(name) ? '; make one with `openssl rand -base64 48`' : ''
  throw new ConfigError([`the environment variable ${name} is not set${remedy}`])
}

/** Every value that `env` has given: none of them is shown to anybody. */
export function secretsOfEnvironment(): ReadonlySet<string> {
  return new Set(secrets.keys())
}

/** The variable that `env` read a value from, for messages about secrets; undefined for others. */
export function variableOf(value: string): string | undefined {
  return secrets.get(value)
}
