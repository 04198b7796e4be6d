import { defineGateway } from 'sluice'
import { ringHash, roundRobin } from 'sluice/plugins'

export default defineGateway({
  udp: [
    { port: 514, to: 'syslog', flow: 'oneWay' },
    { port: 51820, to: 'wireguard', flow: 'conversation', idleTimeout: '3m' },
  ],
  upstreams: {
    syslog: {
      endpoints: ['udp://10.0.0.1:514', 'udp://10.0.0.2:514'],
      balance: roundRobin(),
    },
    wireguard: {
      endpoints: ['udp://10.0.1.1:51820', 'udp://10.0.1.2:51820'],
      balance: ringHash({ by: 'ip' }),
    },
  },
})
