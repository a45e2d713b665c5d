import { partitionOf } from '../../domain/partition.ts'
import { Unreachable } from '../commands/exit.ts'
import { identityOf } from './credentials.ts'
import { placeOf } from './endpoint.ts'
import type { Sending } from './send.ts'

/** AWS takes signatures that are at most five minutes old. */
const mostSkew = 5 * 60_000

/**
 * What it means that API Gateway, and not the function behind it, refused. It says no more than `Forbidden`, so what
 * would be needed is worked out here.
 */
export async function explainRefusal(sending: Sending, operation: string, answer: Response): Promise<Unreachable> {
  const { base, session, clock } = sending
  if (answer.status === 404) {
    return new Unreachable(`${base.href} knows no operation ${operation}`, {
      fix: 'look at --url, or deploy the control plane again: it may be older than this command',
    })
  }
  if (answer.status !== 401 && answer.status !== 403) {
    return new Unreachable(`${base.host} answered ${answer.status}, which no control plane does`, {
      fix: 'look at --url',
    })
  }
  const skew = clock.now() - Date.parse(answer.headers.get('date') ?? '')
  if (Math.abs(skew) > mostSkew) {
    return new Unreachable(`this machine’s clock is ${Math.round(Math.abs(skew) / 60_000)} minutes off`, {
      fix: 'set it: AWS takes no signature that is more than five minutes old',
    })
  }
  const who = await identityOf(session)
  const account = who?.split(':')[4] ?? '*'
  const place = placeOf(base) ?? { api: '*', region: session.region }
  const arn = `arn:${partitionOf(place.region)}:execute-api:${place.region}:${account}:${place.api}/*/POST/operations/${operation}`
  return new Unreachable(`AWS does not let ${who ?? 'you'} do \`${operation}\``, {
    fix: `the role needs execute-api:Invoke on ${arn}, and to be in the control plane's own account`,
  })
}
