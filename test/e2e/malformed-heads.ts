import { firstLine, type Groups, malformed, withHost, withLines, withTarget } from './malformed.ts'
import { FRAMING } from './malformed-framing.ts'
import { SYNTAX } from './malformed-syntax.ts'

const HOSTS: Groups = [
  {
    what: 'host',
    why: 'A request of HTTP/1.1 without a Host is refused (RFC 9112, 3.2).',
    cases: [['no Host on HTTP/1.1', 'GET /refused HTTP/1.1\r\n\r\n']],
  },
  {
    what: 'host',
    why: 'Node keeps the first, others the last: guard and endpoint see two hosts (RFC 9112, 3.2).',
    cases: [
      ['two Hosts', withLines('Host: b.test')],
      ['two equal Hosts', withLines('Host: a.test')],
      ['two Hosts in two spellings', withLines('HOST: b.test')],
    ],
  },
  {
    what: 'host',
    why: 'It is no host and port; what routes by a prefix or a substring picks another endpoint (CVE-2026-55602).',
    cases: [
      ['a Host with a path', withHost('a.test/x')],
      ['a Host with a user', withHost('user@a.test')],
      ['a Host with a space', withHost('a.test b.test')],
      ['a Host with a comma and a space', withHost('a.test, b.test')],
      ['a Host with a fragment', withHost('a.test#b')],
      ['a Host with a query', withHost('a.test?b')],
      ['a Host with a backslash', withHost('a.test\\b')],
      ['a Host with a percent', withHost('a%2etest')],
      ['a Host with a port that is no number', withHost('a.test:http')],
      ['a Host with two ports', withHost('a.test:80:80')],
      ['a Host with a port alone', withHost(':80')],
      ['a Host with an open bracket', withHost('[::1')],
      ['a Host with bytes beyond ASCII', withHost('\xe4.test')],
      ['a Host with a tab in it', withHost('a\t.test')],
      ['a Host with an at sign behind it', withHost('a.test@')],
      ['a Host with a semicolon and a space', withHost('a.test; b')],
      ['a Host with a NUL', withHost('a.test\0b')],
      ['a Host with a scheme', withHost('http://a.test')],
      ['a Host with a negative port', withHost('a.test:-80')],
      ['a Host with six digits of port', withHost('a.test:000080')],
    ],
  },
]

const LINES: Groups = [
  {
    what: 'request line',
    why: 'The versions spoken here are 1.1 and 1.0; a reader of another one ends the message elsewhere.',
    cases: [
      ['HTTP/0.9', 'GET /refused\r\n\r\n', 505],
      ['HTTP/0.9 by its number', firstLine('GET /refused HTTP/0.9'), 505],
      ['HTTP/1.2', firstLine('GET /refused HTTP/1.2')],
      ['HTTP/2.0', firstLine('GET /refused HTTP/2.0'), 505],
      ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['a version with two digits', firstLine('GET /refused HTTP/1.10')],
      ['a version in lower case', firstLine('GET /refused http/1.1')],
      ['a version without a number', firstLine('GET /refused HTTP/')],
      ['a version with a space', firstLine('GET /refused HTTP/ 1.1')],
    ],
  },
  {
    what: 'request line',
    why: 'It is three words with one space between (RFC 9112, 3): who splits at any white space sees others.',
    cases: [
      ['no target', firstLine('GET HTTP/1.1')],
      ['a space before the method', firstLine(' GET /refused HTTP/1.1')],
      ['a tab behind the method', firstLine('GET\t/refused HTTP/1.1')],
      ['a space in the target', firstLine('GET /refused b HTTP/1.1')],
      ['something behind the version', firstLine('GET /refused HTTP/1.1 b')],
      ['a tab behind the target', firstLine('GET /refused\tHTTP/1.1')],
      ['nothing but a method', 'GET\r\n\r\n'],
      ['a space behind the version', firstLine('GET /refused HTTP/1.1 ')],
    ],
  },
  {
    what: 'request line',
    why: 'Methods are case-sensitive and known: an unknown one reaches a guard as none of those it checks.',
    cases: [
      ['a method in lower case', firstLine('get /refused HTTP/1.1')],
      ['an unknown method', firstLine('FROBNICATE /refused HTTP/1.1')],
      ['a method of symbols', firstLine('<> /refused HTTP/1.1')],
      ['a method with a control character', firstLine('GE\x01T /refused HTTP/1.1')],
    ],
  },
  {
    what: 'request line',
    why: 'These bytes are no HTTP/1; whoever sends them expects another server.',
    cases: [
      ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
      ['an SMTP greeting', 'EHLO a.test\r\n\r\n'],
      ['a Redis command', '*1\r\n$4\r\nPING\r\n\r\n'],
    ],
  },
  {
    what: 'request line',
    why: 'The asterisk asks the server itself; which of the endpoints that is nobody can tell. nginx refuses it too.',
    cases: [['OPTIONS *', firstLine('OPTIONS * HTTP/1.1')]],
  },
  {
    what: 'request line',
    why: 'A gateway in front of named upstreams is no tunnel to wherever a client likes.',
    cases: [
      ['CONNECT', 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n', 501],
      ['CONNECT to a path', 'CONNECT /refused HTTP/1.1\r\nHost: a.test\r\n\r\n', 501],
    ],
  },
]

/** Why, and the targets. */
const TARGETS: readonly (readonly [string, readonly string[]])[] = [
  ['A NUL ends the path for a reader in C (Envoy CVE-2019-9900).', ['/%00', '/a%00b', '/a\0b']],
  [
    'A fragment never goes over the wire; one reader cuts it, another has it in the path (Envoy CVE-2021-32779, HAProxy CVE-2023-45539).',
    ['/a#b', '/#', '/a?b#c', 'http://a.test#b'],
  ],
  ['A % without two digits decodes to whatever a reader likes.', ['/%zz', '/%', '/a%2', '/a%2gb']],
  [
    'Absolute form names http or https and an authority, nothing else (Apache CVE-2021-40438 took unix:).',
    [
      'http://',
      'http:///refused',
      'http://user@a.test/refused',
      'http:a.test',
      'ftp://a.test/refused',
      'unix:/var/run/it.sock|http://a.test/',
    ],
  ],
  [
    'Neither a path nor absolute form: authority and asterisk form are for CONNECT and OPTIONS.',
    ['refused', '*refused', 'a.test:80'],
  ],
  [
    'Only printable ASCII stands in a target; others are decoded, cut or refused, each by another reader.',
    ['/a\x01b', '/a\x7fb', '/\xe4', '/a?\xe4'],
  ],
  [
    'Guard and router see two paths once a dot segment is removed (reply-from CVE-2021-21321, Traefik CVE-2025-32431).',
    [
      '/../refused',
      '/./refused',
      '/a/..',
      '/a/.',
      '/a/../../refused',
      '/%2e%2e/refused',
      '/%2E%2E/refused',
      '/.%2e/refused',
      '/%2e./refused',
      '/%2e/refused',
      '/a/..%2fb',
      '/a%2f..%2fb',
      '/a/..%5cb',
      '/a\\..\\b',
      '/..\\refused',
      '/a/..?b',
      '/a/..;/refused',
      '/a/%2e%2e%3bb=c/refused',
      '//../refused',
      'http://a.test/../refused',
    ],
  ],
]

export const MALFORMED_HEADS = [
  ...malformed([...FRAMING, ...HOSTS, ...SYNTAX, ...LINES]),
  ...TARGETS.flatMap(([why, targets]) =>
    targets.map((target) => ({
      name: `target: ${JSON.stringify(target)}`,
      why,
      bytes: withTarget(target),
      status: 400,
    })),
  ),
]
