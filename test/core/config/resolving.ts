import assert from 'node:assert/strict'
import { ConfigError } from '../../../core/config/config-error.ts'
import { resolveConfig } from '../../../core/config/resolve.ts'
import {
  definePlugin,
  defineSelector,
  defineStrategy,
  duration,
  Type,
} from '../../../core/index.ts'

/** A strategy without options. */
export const first = defineStrategy({
  name: 'first',
  options: Type.Object({}),
  create: () => ({ update() {}, pick: () => undefined }),
})

/** A plugin with a duration. */
export const pause = definePlugin({
  name: 'pause',
  options: Type.Object({ window: Type.Optional(duration({ default: '1s' })) }),
  create: () => ({}),
})

/** A selector with a text that must not be empty. */
export const near = defineSelector({
  name: 'near',
  options: Type.Object({ here: Type.String({ minLength: 1 }) }),
  create: () => ({ update: () => [], select: () => 0 }),
})

/** A config that is right, with parts replaced. */
export function configWith(parts: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    http: { port: 0 },
    upstreams: { users: { endpoints: ['http://10.0.0.1:9001'], balance: first() } },
    routes: [{ path: '/users', to: 'users' }],
    ...parts,
  }
}

/** A config with one upstream `users` that has these parts. */
export function upstreamWith(parts: Readonly<Record<string, unknown>>): unknown {
  const users = { endpoints: ['http://10.0.0.1:9001'], balance: first(), ...parts }
  return configWith({ upstreams: { users } })
}

/** A config with these endpoints. */
export function endpointsOf(...endpoints: readonly unknown[]): unknown {
  return upstreamWith({ endpoints })
}

/** A config with one route to `users` that has these parts. */
export function routeWith(parts: Readonly<Record<string, unknown>>): unknown {
  return configWith({ routes: [{ to: 'users', ...parts }] })
}

/** Every reason for which a config is refused; none when it is right. */
export function problemsOf(config: unknown): readonly string[] {
  try {
    resolveConfig(config)
    return []
  } catch (error: unknown) {
    assert.ok(error instanceof ConfigError, `not a ConfigError: ${String(error)}`)
    return error.problems
  }
}
