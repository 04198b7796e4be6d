import { defineGateway } from 'sluice'
import { leastConnections, roundRobin } from 'sluice/plugins'

export default defineGateway({
  tcp: [
    {
      port: 8443,
      proxyProtocol: { trust: ['10.0.0.0/8'] },
      routes: [
        { serverName: 'mail.example.com', to: 'mail' },
        { serverName: ['example.com', '*.example.com'], alpn: 'h2', to: 'pages' },
      ],
      to: 'old',
    },
  ],
  upstreams: {
    mail: { endpoints: ['tcp://10.1.0.1:993'], balance: leastConnections() },
    pages: { endpoints: ['tcp://10.1.0.2:443'], balance: roundRobin(), proxyProtocol: 'v2' },
    old: { endpoints: ['tcp://10.1.0.3:443'], balance: roundRobin() },
  },
})
