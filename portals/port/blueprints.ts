import * as z from 'zod'
import { portCall, type PortOptions } from './remote.ts'

const answer = z.object({ ok: z.literal(true) })

/**
 * Those of `wanted` that Port does not have. Throws when Port is not reached or does not take the credentials.
 * https://docs.port.io/api-reference/get-a-blueprint/
 */
export async function missingBlueprints(options: PortOptions, wanted: readonly string[]): Promise<readonly string[]> {
  const call = portCall(options)
  const found = await Promise.all(
    wanted.map((name) =>
      call({ method: 'GET', path: ['v1', 'blueprints', name], answer, what: `to read the blueprint ${name}` }),
    ),
  )
  return wanted.filter((_, index) => found[index] === undefined)
}
