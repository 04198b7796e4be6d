import { Resolver } from 'node:dns/promises'
import { defineGateway } from 'sluice'
import { healthCheck, outlierEjection, powerOfTwo, retry } from 'sluice/plugins'

/** Whether a server answers a question that it must know the answer to. */
async function answers({ url }: { readonly url: string }): Promise<boolean> {
  const resolver = new Resolver({ timeout: 500, tries: 1 })
  resolver.setServers([new URL(url).host])
  const addresses = await resolver.resolve4('health.example.com')
  return addresses.length > 0
}

export default defineGateway({
  udp: [{ port: 53, to: 'dns', flow: 'oneShot', timeout: '500ms' }],
  tcp: [{ port: 53, to: 'dnsOverTcp' }],
  upstreams: {
    dns: {
      endpoints: ['udp://10.0.0.1:53', 'udp://10.0.0.2:53'],
      balance: powerOfTwo(),
      plugins: [
        healthCheck({ check: answers }),
        outlierEjection(),
        retry({ on: ['connect-failed', 'timeout'], budget: { min: 20 } }),
      ],
    },
    dnsOverTcp: {
      endpoints: ['tcp://10.0.0.1:53', 'tcp://10.0.0.2:53'],
      balance: powerOfTwo(),
      plugins: [healthCheck({ type: 'tcp' }), retry()],
    },
  },
})
