import { run } from '../../core/cli/run.ts'
import { startServices } from './services.ts'

// What `npm start` runs: the demo services, then the command as anyone would type it.
const services = await startServices().catch((error: Error) => {
  console.error(`the demo services cannot start: ${error.message}`)
  process.exit(3)
})
process.exitCode = await run(['start', ...process.argv.slice(2)])
for (const service of services) {
  service.close()
  service.closeAllConnections()
}
