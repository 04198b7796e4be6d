import { httpEndpoints } from 'sluice/plugins'

interface Entry {
  readonly Node: { readonly Address: string }
  readonly Service: { readonly Address: string; readonly Port: number }
}

/** The healthy instances of a service that Consul knows. */
export const consulEndpoints = (service: string) =>
  httpEndpoints({
    url: `http://127.0.0.1:8500/v1/health/service/${service}?passing`,
    parse: (text) =>
      (JSON.parse(text) as Entry[]).map(({ Node, Service }) => ({
        url: `http://${Service.Address || Node.Address}:${Service.Port}`,
      })),
  })
