import 'reflect-metadata'
import { type DependencyContainer, container as global } from 'tsyringe'
import type { Binding, Services, Token } from '../contracts/token.ts'

/**
 * A scope of services: those bound here, else those of the scope around it. The only module that
 * knows tsyringe, of which it uses child containers and values alone: what depends on a service
 * is built by hand, in plain order, and disposed of by its owner in reverse.
 */
export class Container {
  readonly #inner: DependencyContainer

  private constructor(inner: DependencyContainer) {
    this.#inner = inner
  }

  /** A container with nothing in it. */
  static root(): Container {
    return new Container(global.createChildContainer())
  }

  /** A scope inside this one. What is bound there hides what is bound here. */
  child(): Container {
    return new Container(this.#inner.createChildContainer())
  }

  /** Binds a service, in place of an earlier one. */
  bind<T>(token: Token<T>, value: NoInfer<T>): this {
    // Not useValue, which tsyringe does not know again when it is null or undefined.
    this.#inner.register<T>(token, { useFactory: () => value })
    return this
  }

  /** Binds what a config's `provide` lists. */
  bindAll(bindings: readonly Binding[]): this {
    for (const { token, value } of bindings) this.bind(token, value)
    return this
  }

  /** Whether anything is bound to the token, here or around. */
  has<T>(token: Token<T>): boolean {
    return this.#inner.isRegistered<T>(token, true)
  }

  /** @throws Error that names the token when nothing is bound to it */
  get<T>(token: Token<T>): T {
    if (!this.has(token)) {
      const name = token.description ?? 'a token'
      throw new Error(`nothing is bound to ${name}: add bind(${name}, …) to the config’s provide`)
    }
    return this.#inner.resolve<T>(token)
  }

  /** The services of a tuple of tokens, in order. */
  getAll<const Tokens extends readonly Token<unknown>[]>(tokens: Tokens): Services<Tokens> {
    return tokens.map((token) => this.get<unknown>(token)) as Services<Tokens>
  }
}
