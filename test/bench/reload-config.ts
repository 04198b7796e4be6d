/** The text of a config of the size that the reload bench is about, written out as people would. */

export interface Size {
  readonly routes: number
  readonly endpoints: number
  /** Routes with a native plugin, each of which has a scope of its own. */
  readonly natives: number
}

const ENDPOINTS_EACH = 10

/** `version` changes some weights, one route and the options of some plugins. */
export function configText(
  { routes, endpoints, natives }: Size,
  port: number,
  version: number,
): string {
  const upstreams = Math.ceil(endpoints / ENDPOINTS_EACH)
  return `import { defineGateway, native } from 'sluice'
import { requestHeaders, retry, roundRobin } from 'sluice/plugins'

async function nothing() {}

export default defineGateway({
  http: { host: '127.0.0.1', port: 0 },
  upstreams: {
    bench: { endpoints: ['http://127.0.0.1:${port}'], balance: roundRobin() },
${lines(upstreams, (at) => upstreamText(at, version))}
  },
  routes: [
    { path: '/bench', to: 'bench' },
    { path: '/version-${version}', to: 'bench' },
${lines(routes - 2, (at) => routeText(at, upstreams, at < natives, version))}
  ],
})
`
}

function upstreamText(at: number, version: number): string {
  const endpoints = lines(ENDPOINTS_EACH, (number) => {
    const weight = at % 10 === 0 ? 1 + (version % 2) : 1
    const host = `10.${at >> 8}.${at & 255}.${number}`
    return `        { url: 'http://${host}:9001', weight: ${weight} },`
  })
  return `    upstream${at}: {
      endpoints: [
${endpoints}
      ],
      balance: roundRobin(),
      plugins: [retry()],
    },`
}

function routeText(at: number, upstreams: number, isNative: boolean, version: number): string {
  const value = at % 100 === 0 ? version : at
  const headers = `requestHeaders({ set: { 'x-route': '${value}' } })`
  const plugins = isNative ? `${headers}, native(nothing)` : headers
  return `    {
      host: 'host${at % 100}.example.com',
      path: '/service${at}/:id',
      methods: ['GET', 'POST'],
      to: 'upstream${at % upstreams}',
      plugins: [${plugins}],
    },`
}

function lines(count: number, line: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => line(at)).join('\n')
}
