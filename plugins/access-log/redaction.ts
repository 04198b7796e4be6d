/** What stands in place of a secret. */
export const REDACTED = '[redacted]'

/** Names that are secrets in every log, as they are compared: letters and digits alone. */
const SECRETS: readonly string[] = [
  ...['accesstoken', 'refreshtoken', 'idtoken', 'token', 'authtoken', 'csrftoken', 'xsrftoken'],
  ...['password', 'passwd', 'pwd', 'passphrase', 'pin', 'otp', 'secret', 'clientsecret'],
  ...['apikey', 'xapikey', 'key', 'accesskey', 'privatekey', 'jwt', 'bearer', 'credential'],
  ...['authorization', 'proxyauthorization', 'auth', 'xauthtoken', 'xaccesstoken', 'xcsrftoken'],
  ...[
    'cookie',
    'setcookie',
    'session',
    'sessionid',
    'sid',
    'code',
    'codeverifier',
    'state',
    'nonce',
  ],
  ...['signature', 'sig', 'xamzsignature', 'xamzcredential', 'xamzsecuritytoken', 'xgoogsignature'],
  ...['assertion', 'clientassertion', 'samlresponse', 'samlrequest', 'xforwardedclientcert'],
]

// `resetToken`, `new_password`, `X-Hub-Signature-256`: too many to list, and alike at their end.
const ENDING =
  /(?:token|password|passwd|passphrase|secret|apikey|privatekey|accesskey|signature(?:256)?|credentials?|session|sessionid|sessid|jwt|cookie|authorization|assertion)$/

// Decisions about query names seen so far. Bounded: names are the client's.
const MOST_SEEN = 1_024
const LONGEST_SEEN = 64

/** Keeps secrets out of what is logged, by the names that they stand under. */
export class Redaction {
  readonly #names: ReadonlySet<string>
  readonly #seen = new Map<string, boolean>()

  /** `more` are names besides those that are secrets everywhere. */
  constructor(more: readonly string[]) {
    this.#names = new Set([...SECRETS, ...more.map(compared)])
  }

  /** Whether a header or a query parameter of this name, percent-encoded or not, is a secret. */
  isSecret(name: string): boolean {
    const known = this.#seen.get(name)
    if (known !== undefined) return known
    const isSecret = this.#isSecret(decoded(name))
    if (name.length <= LONGEST_SEEN && this.#seen.size < MOST_SEEN) this.#seen.set(name, isSecret)
    return isSecret
  }

  /**
   * A target or a URL without secrets: the values of secret parameters in its query, credentials
   * before its host, and its fragment.
   */
  url(text: string): string {
    const bare = text.includes('@') ? withoutCredentials(text) : text
    const query = bare.indexOf('?')
    const fragment = bare.indexOf('#')
    if (query < 0 && fragment < 0) return bare
    const whole = fragment < 0 ? bare : `${bare.slice(0, fragment)}#${REDACTED}`
    // A question mark behind the fragment's hash begins no query.
    if (query < 0 || (fragment >= 0 && fragment < query)) return whole
    return this.#query(whole, query + 1)
  }

  #query(text: string, start: number): string {
    let written = ''
    let copied = 0
    for (let from = start; from < text.length; ) {
      const end = endOfPair(text, from)
      const equals = text.indexOf('=', from)
      if (equals >= 0 && equals < end && this.isSecret(text.slice(from, equals))) {
        written += text.slice(copied, equals + 1) + REDACTED
        copied = end
      }
      from = end + 1
    }
    return copied === 0 ? text : written + text.slice(copied)
  }

  // `user[password]` and `login.token` name their secret last or in between.
  #isSecret(name: string): boolean {
    return (
      this.#isListed(name) || name.split(/[^A-Za-z0-9_-]+/).some((part) => this.#isListed(part))
    )
  }

  #isListed(name: string): boolean {
    const found = compared(name)
    return this.#names.has(found) || ENDING.test(found)
  }
}

// Some servers part pairs by semicolons, and a hash ends the query.
function endOfPair(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === AMPERSAND || code === SEMICOLON || code === HASH) return i
  }
  return text.length
}

const AMPERSAND = 0x26
const SEMICOLON = 0x3b
const HASH = 0x23

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/?#]*@/g, `//${REDACTED}@`)
}

function compared(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

function decoded(name: string): string {
  if (!name.includes('%')) return name
  try {
    return decodeURIComponent(name)
  } catch {
    // Malformed somewhere: what can be read of it is letters and digits.
    return name.replace(/%([0-7][0-9a-f])/gi, (_all, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  }
}
