import { defineGateway, env } from 'sluice'
import { roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: [
    { port: 80, redirect: 'https' },
    {
      port: 443,
      tls: {
        cert: env('TLS_CERT'),
        key: env('TLS_KEY'),
        sni: {
          'shop.example.com': { cert: env('SHOP_CERT'), key: env('SHOP_KEY') },
          '*.shop.example.com': { cert: env('SHOP_CERT'), key: env('SHOP_KEY') },
        },
      },
    },
  ],
  upstreams: {
    shop: { endpoints: ['http://10.0.0.1:9001'], balance: roundRobin() },
    site: { endpoints: ['http://10.0.0.2:9001'], balance: roundRobin() },
  },
  routes: [{ host: ['shop.example.com', '*.shop.example.com'], to: 'shop' }, { to: 'site' }],
})
