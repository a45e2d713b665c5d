import { Terminal } from '../../domain/errors.ts'
import type { WorkloadRecord } from '../../domain/records.ts'
import { announce, askFor, type By, type RotationPorts, type Wanted } from './asking.ts'
import { heldBy, type Held } from './held.ts'
import type { Operated, RotateRequest } from './model.ts'
import { startedOn } from './progress.ts'
import { rotateAccount } from './rotateaccount.ts'
import { rollBackRequest, rotationRequest, type Wish } from './rotationrequests.ts'

/**
 * Asks for new generations of credentials, or for an earlier one. What is asked is put on record; whoever holds the
 * workload's lease carries it out.
 */
export async function rotate(ports: RotationPorts, by: By, request: RotateRequest): Promise<Operated> {
  const { workload, account, cluster, entry, to, key = false, now = false } = request
  const part = [cluster, entry, to].some((given) => given !== undefined)
  if (account !== undefined) {
    if (workload !== undefined || part || key) {
      throw new Terminal('an account is rotated as a whole, and each of its roles gets another key', {
        fix: 'give --account by itself, or with --now',
      })
    }
    return rotateAccount(ports, by, account, now)
  }
  if (workload === undefined) {
    throw new Terminal('say what to rotate', { fix: 'give a workload (system/name), or --account system/environment' })
  }
  const choice = { cluster, entry }
  if (to === undefined) return rotateWorkload(ports, by, workload, choice, { key, now })
  if (key || now) {
    throw new Terminal('rolling back makes no key, and ends nothing', { fix: 'give --to without --key and --now' })
  }
  return rollBack(ports, by, workload, choice, to)
}

interface Choice {
  readonly cluster: string | undefined
  readonly entry: string | undefined
}

async function rotateWorkload(
  ports: RotationPorts,
  by: By,
  workload: string,
  choice: Choice,
  wish: Wish,
): Promise<Operated> {
  const { record, asked } = await askFor(ports, by, workload, (before) => rotationOf(before, choice, wish))
  const { rotating, left } = toRotate(record, choice, wish)
  const names = rotating.map(({ key }) => key).join(', ')
  const others = left.length === 0 ? '' : `; ${left.map(({ key }) => key).join(', ')} stays as its owner wrote it`
  if (!asked) {
    const message = `${workload}: new generations of ${names} are on their way already${others}`
    return { result: 'unchanged', message, started: [startedOn(record)] }
  }
  await announce(ports, by, [workload])
  const message = `${workload}: ${names} will be rotated${wish.now ? `; ${cutOff}` : ''}${others}`
  return { result: 'done', message, started: [startedOn(record)] }
}

/** Said before and after. */
export const cutOff = 'what is in use now ends at once: running pods are cut off until they start with the new version'

function rotationOf(record: WorkloadRecord, choice: Choice, wish: Wish): Wanted {
  const { rotating } = toRotate(record, choice, wish)
  const requests = rotating.flatMap(({ key, credential }) => {
    const own = { ...wish, key: wish.key && credential.kind === 'nats' }
    const request = rotationRequest(credential, record.rotations?.[key], own)
    return request === undefined ? [] : [[key, request] as const]
  })
  const how = `${wish.key ? ' with its key' : ''}${wish.now ? ' without overlap' : ''}`
  return { requests: Object.fromEntries(requests), what: `rotate ${requests.map(([key]) => key).join(', ')}${how}` }
}

/** `left`: what its owner writes. Refused where nothing is left to do. */
function toRotate(record: WorkloadRecord, choice: Choice, wish: Wish) {
  const found = chosen(record, choice)
  const left = found.filter(({ credential }) => credential.kind === 'placeholder')
  const made = found.filter(({ credential }) => credential.kind !== 'placeholder')
  const [first] = left
  if (first !== undefined && made.length === 0) throw ownersOwn(record, first)
  const rotating = wish.key ? made.filter(({ credential }) => credential.kind === 'nats') : made
  if (rotating.length === 0) {
    throw new Terminal(`${record.name} has no NATS credential there, and only these have issuing keys`, {
      fix: 'leave --key out',
    })
  }
  return { rotating, left }
}

async function rollBack(ports: RotationPorts, by: By, workload: string, choice: Choice, to: number): Promise<Operated> {
  const { record, asked } = await askFor(ports, by, workload, (before) => {
    const { key, credential } = theOne(before, choice)
    const request = rollBackRequest(key, credential, before.rotations?.[key], to, ports.clock.now())
    return {
      requests: request === undefined ? {} : { [key]: request },
      what: `roll back ${key} to generation ${to}`,
    }
  })
  const { key, credential } = theOne(record, choice)
  const started = [startedOn(record)]
  if (!asked) {
    const already = credential.generation === to ? 'is in use' : 'is on its way back'
    return { result: 'unchanged', message: `${workload}: generation ${to} of ${key} ${already} already`, started }
  }
  await announce(ports, by, [workload])
  return { result: 'done', message: `${workload}: ${key} goes back to generation ${to}`, started }
}

function theOne(record: WorkloadRecord, choice: Choice): Held {
  const [first, ...more] = chosen(record, choice)
  if (first === undefined || more.length > 0) {
    const names = [first, ...more].map((held) => held?.key).join(', ')
    throw new Terminal(`generations are counted for each credential, and these are several: ${names}`, {
      fix: 'say which one with --cluster and --entry',
    })
  }
  if (first.credential.kind === 'placeholder') throw ownersOwn(record, first)
  return first
}

/** Never none. */
function chosen(record: WorkloadRecord, { cluster, entry }: Choice): readonly Held[] {
  const held = heldBy(record)
  const found = held.filter((one) => one.cluster === (cluster ?? one.cluster) && one.entry === (entry ?? one.entry))
  if (found.length > 0) return found
  const where = [cluster, entry].filter((part) => part !== undefined).join('/')
  throw new Terminal(`${record.name} has no credentials${where === '' ? '' : ` called ${where}`}`, {
    fix: held.length === 0 ? 'wait until it is provisioned, if it declares any' : `it has ${list(held)}`,
    absent: true,
  })
}

function ownersOwn({ name }: WorkloadRecord, { key, secret }: Held): Terminal {
  return new Terminal(`the value of ${key} of ${name} is its owner's, and Fairway makes none`, {
    fix: `put the new value: aws secretsmanager put-secret-value --secret-id ${secret} --secret-string file://…; it is picked up by itself`,
  })
}

function list(held: readonly Held[]): string {
  return held.map(({ key }) => key).join(', ')
}
