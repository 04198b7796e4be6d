import { IncomingMessage, validateHeaderName, validateHeaderValue } from 'node:http'
import { Socket } from 'node:net'
import { ROUTABLE_METHODS } from '../config/resolve-route.ts'
import { remedy } from '../config/suggest.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import { ERRORS } from '../errors.ts'
import { judge, type RequestHead } from '../http/gate.ts'
import { RequestView } from '../http/request-view.ts'
import { Nonsense } from './nonsense.ts'

/** A request that exists on the command line only, judged as the gateway would. */
export interface Asked {
  readonly method: string
  readonly head: RequestHead
  readonly view: RequestView
  readonly rawHeaders: RawHeaders
}

const FORM = 'such as GET http://api.example.com/users/7'
const URL_PARTS = /^(?:https?:\/\/([^/?#]+))?((?:[/?].*)?)$/is

/**
 * The request that a method, a URL and `name: value` headers stand for.
 *
 * @throws Nonsense
 */
export function asked(args: readonly string[], headers: readonly string[]): Asked {
  const [method, url, ...rest] = args
  if (method === undefined || url === undefined || rest.length > 0) {
    throw new Nonsense(`explain takes a method and a URL, ${FORM}, got ${told(args)}`)
  }
  checkMethod(method)
  const [host, target] = splitUrl(url)
  const lines = headers.flatMap(headerLine)
  const isHosted = lines.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'host')
  const req = new IncomingMessage(new Socket())
  req.httpVersionMajor = 1
  req.httpVersionMinor = 1
  req.method = method
  req.url = target
  req.rawHeaders = isHosted ? lines : ['Host', host, ...lines]
  const head = judge(req)
  if (typeof head === 'string') {
    const { status, title, detail } = ERRORS[head]
    throw new Nonsense(`the gateway refuses this request: ${status} ${title}. ${detail}`)
  }
  const view = new RequestView().show(method, head.host, head.path, head.target, req.rawHeaders)
  return { method, head, view, rawHeaders: req.rawHeaders }
}

function checkMethod(method: string): void {
  if (method === 'CONNECT') {
    throw new Nonsense('the gateway answers CONNECT with 501 before it looks for a route')
  }
  if (ROUTABLE_METHODS.includes(method)) return
  const isUrl = /[/.:]/.test(method)
  const help = isUrl ? `the method comes first, ${FORM}` : remedy(method, ROUTABLE_METHODS)
  throw new Nonsense(`unknown method "${method}"; ${help}`)
}

function splitUrl(url: string): readonly [host: string, target: string] {
  const [whole, host = '', rest = ''] = URL_PARTS.exec(url) ?? []
  if (whole === undefined || whole === '') {
    throw new Nonsense(`"${url}" is no URL; write http://host/path, or /path alone`)
  }
  if (url.includes('#')) {
    throw new Nonsense(`"${url}" has a fragment; clients keep what follows # to themselves`)
  }
  if (/[^\x21-\x7e]/.test(url)) {
    throw new Nonsense(`"${url}" must be written as clients send it: ${encodeURI(url)}`)
  }
  return [host, rest.startsWith('/') ? rest : `/${rest}`]
}

function headerLine(text: string): [string, string] {
  const [whole, name = '', value = ''] = /^([^:]*):[ \t]*(.*?)[ \t]*$/s.exec(text) ?? []
  if (whole === undefined) throw new Nonsense(`-H "${text}" is no header; write 'name: value'`)
  // As bytes, since that is how a header arrives.
  const bytes = Buffer.from(value, 'utf8').toString('latin1')
  try {
    validateHeaderName(name)
    validateHeaderValue(name, bytes)
  } catch (error: unknown) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Nonsense(`-H "${text}" is no header: ${reason}`)
  }
  return [name, bytes]
}

function told(args: readonly string[]): string {
  return args.length === 0 ? 'nothing' : args.map((arg) => `"${arg}"`).join(' ')
}
