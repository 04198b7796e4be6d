declare const provided: unique symbol

/** Names a service that the container provides; `T` is what one receives for it. */
export type Token<T> = symbol & { readonly [provided]?: T }

/** The types that a tuple of tokens resolves to, in order. */
export type Services<Tokens extends readonly Token<unknown>[]> = {
  -readonly [K in keyof Tokens]: Tokens[K] extends Token<infer T> ? T : never
}

/** One replacement of a service, made by `bind`. */
export interface Binding {
  readonly token: Token<unknown>
  readonly value: unknown
}
