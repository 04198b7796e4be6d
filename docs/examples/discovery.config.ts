import { defineGateway, env } from 'sluice'
import { dnsEndpoints, fileEndpoints, httpEndpoints, retry, roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    // #region dns
    users: {
      endpoints: dnsEndpoints({ name: 'users.default.svc.cluster.local', port: 9001 }),
      balance: roundRobin(),
      plugins: [retry()],
    },
    // #endregion dns
    // #region srv
    orders: {
      endpoints: dnsEndpoints({
        name: '_http._tcp.orders.service.consul',
        type: 'SRV',
        servers: ['127.0.0.1:8600'],
        allow: ['10.0.0.0/8'],
      }),
      balance: roundRobin(),
    },
    // #endregion srv
    // #region tls
    files: {
      endpoints: dnsEndpoints({ name: 'files.example.com', scheme: 'https', type: 'both' }),
      balance: roundRobin(),
      host: 'upstream',
    },
    // #endregion tls
    // #region file
    pages: {
      endpoints: fileEndpoints({ file: '/etc/sluice/pages.yaml', onEmpty: 'clear' }),
      balance: roundRobin(),
    },
    // #endregion file
    // #region http
    search: {
      endpoints: httpEndpoints({
        url: 'https://registry.internal/search.json',
        interval: '2s',
        headers: { authorization: `Bearer ${env('REGISTRY_TOKEN')}` },
      }),
      balance: roundRobin(),
    },
    // #endregion http
  },
  routes: [
    { path: '/users', to: 'users' },
    { path: '/orders', to: 'orders' },
    { path: '/files', to: 'files' },
    { path: '/search', to: 'search' },
    { to: 'pages' },
  ],
})
