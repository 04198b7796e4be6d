import type { Endpoint } from 'sluice'
import type { CheckContext } from 'sluice/plugins'

const MOST_LAG_MS = 30_000

/** Whether an index is no further behind than a reader may notice. */
export async function replicaIsCurrent(
  { url }: Endpoint,
  { transport, timeoutMs }: CheckContext,
): Promise<boolean> {
  const { status, body } = await transport.request({ url: `${url}/_lag`, timeoutMs })
  if (status !== 200) throw new Error(`status ${status}`)
  const lagMs = Number(Buffer.from(body).toString())
  if (lagMs > MOST_LAG_MS) throw new Error(`${lagMs} ms behind`)
  return true
}
