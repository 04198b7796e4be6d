import { roundRobin } from 'sluice/plugins'

// What plain JavaScript lets through: every line of it is to be reported at once.
export default {
  http: { port: 70_000, trust: ['nowhere'] },
  upstreams: {
    users: {
      endpoints: ['http://u:secret@10.0.0.1:9001', 'http://10.0.0.1:9001/path', 'ftp://a'],
      balance: roundRobin(),
      balanse: 1,
    },
    orders: {
      endpoints: ['http://10.0.0.2:9001'],
      balance: roundRobin({ wieght: 3 }),
      timeouts: { response: '5 minutes', idle: '-1m', connect: '1e3s' },
    },
    carts: { endpoints: ['http://10.0.0.3:9001'], balance: roundRobin },
  },
  routes: [
    { path: '/a', to: 'user' },
    { path: '/a', to: 'users' },
    { path: 'b', to: 'users', plugins: [roundRobin()] },
  ],
  plugin: [],
}
