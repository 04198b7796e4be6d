import { ConfigError } from '../config/config-error.ts'
import type { Use } from '../container/use.ts'
import type { Exchange } from '../contracts/exchange.ts'
import type { Plugin } from '../contracts/plugin.ts'
import type { HttpExchange } from './exchange.ts'
import { refuse } from './forward.ts'
import type { LiveRoute } from './route.ts'

/** A path that a plugin answers itself. */
export interface Served {
  readonly place: string
  readonly route: LiveRoute
  readonly answer: (exchange: Exchange) => void
}

/** The paths that a gateway's own plugins answer in place of any route. */
export class ServedPaths {
  readonly #byPath = new Map<string, Served>()

  /**
   * Those of a gateway's uses; undefined where there are none, so that nothing is looked up.
   *
   * @throws ConfigError for a path that is none, or that two uses want
   */
  static of(gateway: readonly Use<Plugin>[], unmatched: LiveRoute): ServedPaths | undefined {
    const paths = new ServedPaths()
    for (const { instance, place } of gateway) {
      for (const [path, answer] of instance.serves ?? []) paths.#add(path, place, answer, unmatched)
    }
    return paths.#byPath.size === 0 ? undefined : paths
  }

  at(path: string): Served | undefined {
    return this.#byPath.get(path)
  }

  #add(path: string, place: string, answer: Served['answer'], unmatched: LiveRoute): void {
    const known = this.#byPath.get(path)
    if (known !== undefined) {
      throw new ConfigError([`${place}: ${known.place} answers ${path} already`])
    }
    if (!/^\/[^?#\s]*$/.test(path)) {
      throw new ConfigError([`${place}: a path such as "/readyz" is served, got "${path}"`])
    }
    const route = { ...unmatched, id: path, path }
    this.#byPath.set(path, { place, route, answer })
  }
}

/** Has the plugin answer, which it must before it returns. */
export function serve(exchange: HttpExchange, served: Served): void {
  try {
    served.answer(exchange)
    if (!exchange.isAnswered) throw new Error(`${served.place} did not answer ${served.route.path}`)
  } catch (error: unknown) {
    refuse(exchange, error)
  }
}
