import type { SeededRng } from 'sluice/testing'

/** Bytes to send, in pieces that leave one after another. */
export interface Mutation {
  /** latin1. */
  readonly pieces: readonly string[]
}

/** What mutations are made of. Most are made of what is legal: the rest is refused in any case. */
export interface Corpus {
  readonly legal: readonly string[]
  readonly all: readonly string[]
}

type Edit = (text: string, rng: SeededRng, corpus: readonly string[]) => string

const SYMBOLS = [
  ...['\r', '\n', '\r\n', '\n\n', '\r\r\n', '\0', ' ', '\t', ':', ';', ',', '"', '=', '-', '+'],
  ...['\x0b', '\x0c', '\x7f', '\x80', '\xff', '\x1b', '#', '?', '/', '\\', '%', '.', '0', 'f', 'x'],
]

const LINES = [
  'Content-Length: 0',
  'Content-Length: 5',
  'content-length : 5',
  'Content_Length: 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'transfer-encoding:\tchunked',
  'Transfer-Encoding : chunked',
  ' Transfer-Encoding: chunked',
  'Connection: close',
  'Connection: keep-alive, x-a',
  'Connection: content-length',
  'Connection: transfer-encoding',
  'Connection: upgrade',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'Host: b.test',
  'X-Forwarded-For: 9.9.9.9',
  'TE: trailers',
  'Trailer: content-length',
  '__proto__: 1',
  ': x',
  'x',
]

const NUMBERS = [
  '0',
  '1',
  '5',
  '-1',
  '+5',
  '0x5',
  '1e1',
  '00',
  '05',
  '5 ',
  '5,5',
  'ffffffffffffffff',
  '',
]

const EDITS: readonly Edit[] = [
  function flipBit(text, rng) {
    const at = rng.below(text.length)
    const flipped = String.fromCharCode(text.charCodeAt(at) ^ (1 << rng.below(8)))
    return text.slice(0, at) + flipped + text.slice(at + 1)
  },
  function insertSymbol(text, rng) {
    const at = rng.below(text.length + 1)
    return text.slice(0, at) + one(SYMBOLS, rng) + text.slice(at)
  },
  function insertSymbolAtBoundary(text, rng) {
    const places = Array.from(text.matchAll(/[\r\n: ;,]/g), (found) => found.index)
    const at = (places.length === 0 ? 0 : one(places, rng)) + rng.below(2)
    return text.slice(0, at) + one(SYMBOLS, rng) + text.slice(at)
  },
  function remove(text, rng) {
    const at = rng.below(text.length)
    return text.slice(0, at) + text.slice(at + 1 + rng.below(3))
  },
  function removeLineEnd(text, rng) {
    const places = Array.from(text.matchAll(/[\r\n]/g), (found) => found.index)
    const at = places.length === 0 ? 0 : one(places, rng)
    return text.slice(0, at) + text.slice(at + 1)
  },
  function doubleLine(text, rng) {
    const lines = text.split('\r\n')
    const at = rng.below(lines.length)
    lines.splice(rng.below(lines.length + 1), 0, lines[at] ?? '')
    return lines.join('\r\n')
  },
  function removeLine(text, rng) {
    const lines = text.split('\r\n')
    lines.splice(rng.below(lines.length), 1)
    return lines.join('\r\n')
  },
  function insertLine(text, rng) {
    const lines = text.split('\r\n')
    lines.splice(1 + rng.below(lines.length), 0, one(LINES, rng))
    return lines.join('\r\n')
  },
  function changeNumber(text, rng) {
    const numbers = Array.from(text.matchAll(/\d+/g))
    if (numbers.length === 0) return text
    const found = one(numbers, rng)
    return (
      text.slice(0, found.index) + one(NUMBERS, rng) + text.slice(found.index + found[0].length)
    )
  },
  function changeCase(text, rng) {
    const at = rng.below(text.length)
    const letter = text.charAt(at)
    const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
    return text.slice(0, at) + other + text.slice(at + 1)
  },
  function splice(text, rng, corpus) {
    const other = one(corpus, rng)
    return text.slice(0, rng.below(text.length + 1)) + other.slice(rng.below(other.length + 1))
  },
  function append(text, rng, corpus) {
    return text + one(corpus, rng)
  },
  function truncate(text, rng) {
    return text.slice(0, rng.below(text.length + 1))
  },
  function swapLines(text, rng) {
    const lines = text.split('\r\n')
    const a = rng.below(lines.length)
    const b = rng.below(lines.length)
    const line = lines[a] ?? ''
    lines[a] = lines[b] ?? ''
    lines[b] = line
    return lines.join('\r\n')
  },
  function repeat(text, rng) {
    const at = rng.below(text.length)
    return text.slice(0, at) + text.charAt(at).repeat(1 + rng.below(300)) + text.slice(at)
  },
]

const MOST_BYTES = 65_536

/** A case of the corpus with one or more edits, in one to three pieces. */
export function mutate({ legal, all }: Corpus, rng: SeededRng): Mutation {
  let text = one(rng.below(4) === 0 ? all : legal, rng)
  do {
    if (text !== '') text = one(EDITS, rng)(text, rng, all).slice(0, MOST_BYTES)
  } while (rng.below(3) === 0)
  return { pieces: cutUp(text, rng) }
}

function cutUp(text: string, rng: SeededRng): string[] {
  const pieces: string[] = []
  let rest = text
  for (let cuts = rng.below(3); cuts > 0 && rest.length > 1; cuts--) {
    const at = 1 + rng.below(rest.length - 1)
    pieces.push(rest.slice(0, at))
    rest = rest.slice(at)
  }
  return [...pieces, rest]
}

function one<T>(list: readonly T[], rng: SeededRng): T {
  return list[rng.below(list.length)] as T
}
