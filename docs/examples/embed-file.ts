// #region load
import { loadGateway } from 'sluice/gateway'

const file = new URL('embedded.config.ts', import.meta.url).pathname
const gateway = await loadGateway(file)
await gateway.listen()
// #endregion load

// #region reload
try {
  const { routes, upstreams } = await gateway.reload()
  console.log('routes added:', routes.added.length, 'upstreams added:', upstreams.added.length)
} catch (error: unknown) {
  console.error('the config in force stays', error)
}
// #endregion reload

// #region follow
process.on('SIGHUP', () => gateway.reloads.request())
const stop = gateway.reloads.watch()
// #endregion follow

stop()
await gateway.close()
