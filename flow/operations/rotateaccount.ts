import { Terminal } from '../../domain/errors.ts'
import type { WorkloadRecord } from '../../domain/records.ts'
import type { ClusterSpec } from '../../domain/resources.ts'
import type { Store } from '../../domain/store.ts'
import { announce, askFor, type By, type RotationPorts, type Wanted } from './asking.ts'
import { heldBy } from './held.ts'
import type { Operated } from './model.ts'
import { startedOn } from './progress.ts'
import { rotationRequest } from './rotationrequests.ts'

/** Workloads that are asked at a time: an answer is due within the API's 30 seconds. */
const atOnce = 20

/** Another issuing key, and credentials by it, for every role of a NATS account, in order of name. */
export async function rotateAccount(ports: RotationPorts, by: By, account: string, now: boolean): Promise<Operated> {
  const { system, clusters } = await placesOf(ports.store, account)
  const names = (await workloadsOf(ports.store, system)).filter((record) => keysIn(record, clusters).length > 0)
  if (names.length === 0) {
    throw new Terminal(`nobody has credentials of the NATS account ${account}`, { fix: fixAccount, absent: true })
  }
  const plan = (record: WorkloadRecord) => wantedIn(record, clusters, account, now)
  const answers: Awaited<ReturnType<typeof askFor>>[] = []
  for (let from = 0; from < names.length; from += atOnce) {
    const part = names.slice(from, from + atOnce)
    answers.push(...(await Promise.all(part.map(({ name }) => askFor(ports, by, name, plan)))))
  }
  const asked = answers.filter((answer) => answer.asked)
  await announce(
    ports,
    by,
    asked.map(({ record }) => record.name),
  )
  const started = answers.map(({ record }) => startedOn(record))
  const how = now ? 'new keys and credentials, and those in use now end at once' : 'new keys and credentials'
  if (asked.length === 0)
    return { result: 'unchanged', message: `${account}: ${how} are on their way already`, started }
  const rest =
    asked.length < answers.length ? `, for ${answers.length - asked.length} they are on their way already` : ''
  return { result: 'done', message: `${account}: ${how} for ${counted(asked.length)}${rest}`, started }
}

const fixAccount = 'an account is system/environment, for example policy-admin/prod; `fairway status` lists systems'

async function placesOf(store: Store, account: string) {
  const [system = '', environment, more] = account.split('/')
  if (!environment || more !== undefined) throw new Terminal(`"${account}" is no NATS account`, { fix: fixAccount })
  const found = await store.get({ kind: 'System', name: system })
  if (found?.spec === undefined) throw new Terminal(`there is no System ${system}`, { fix: fixAccount, absent: true })
  const clusters = (await store.list('Cluster')).filter(
    ({ spec }) => (spec as ClusterSpec | undefined)?.environment === environment,
  )
  return { system, clusters: new Set(clusters.map(({ name }) => name)) }
}

/** A list is eventually consistent, so all of the system are read again: the account's newest role has a key, too. */
async function workloadsOf(store: Store, system: string): Promise<readonly WorkloadRecord[]> {
  const own = await store.list('Workload', { prefix: `${system}/` })
  const found: WorkloadRecord[] = []
  for (let from = 0; from < own.length; from += 100) {
    found.push(
      ...(await store.getMany(own.slice(from, from + 100).map(({ name }) => ({ kind: 'Workload', name }) as const))),
    )
  }
  return found.filter(({ intent, spec }) => intent === 'present' && spec !== undefined)
}

function keysIn(record: WorkloadRecord, clusters: ReadonlySet<string>) {
  return heldBy(record).filter(({ cluster, credential }) => credential.kind === 'nats' && clusters.has(cluster))
}

function wantedIn(record: WorkloadRecord, clusters: ReadonlySet<string>, account: string, now: boolean): Wanted {
  const requests = keysIn(record, clusters).flatMap(({ key, credential }) => {
    const request = rotationRequest(credential, record.rotations?.[key], { key: true, now })
    return request === undefined ? [] : [[key, request] as const]
  })
  const what = `rotate the NATS account ${account}${now ? ' without overlap' : ''}`
  return { requests: Object.fromEntries(requests), what }
}

function counted(workloads: number): string {
  return workloads === 1 ? '1 workload' : `${workloads} workloads`
}
