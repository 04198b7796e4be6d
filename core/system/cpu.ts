/** The time that this process has computed for, in ms: what others do on the machine is not in it. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
