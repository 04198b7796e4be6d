/** Who the client is, as a plugin that authenticates found out. */
export interface Identity {
  /** Names the client among all that the same plugin knows: a user, a key, a service. */
  readonly subject: string
  /** How that was proved: the name of the plugin, such as `jwt`. */
  readonly by: string
  /** What else is known and trusted of it: the claims of a token, the fields of a key. */
  readonly claims: Readonly<Record<string, unknown>>
}
