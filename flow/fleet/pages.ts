import { Terminal } from '../../domain/errors.ts'
import { shardName, type BulkPlace, type OwnedThing, type Shard } from '../../domain/fleet.ts'
import type { Claim, SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import type { SystemSpec } from '../../domain/resources.ts'
import { memoryOf } from '../../domain/store.ts'
import { desiredClusters, type Specs } from '../world.ts'
import type { Comparison, Found } from './comparison.ts'
import { collectFailures, type Failures } from './failures.ts'
import {
  questionsOf,
  type AnyFleetCapability,
  type PagedShard,
  type Question,
  type Scope,
  type Seen,
} from './questions.ts'
import type { Platform } from './scope.ts'
import type { Difference, Images, Sight, SubjectInSight } from './sight.ts'

type AnyRecord = WorkloadRecord | SystemRecord

/** Capabilities that have pages in a shard; what they read and share is read anew for each call. */
export type CapabilitiesOf = (shard: PagedShard) => readonly AnyFleetCapability[]

export interface PagePorts {
  readonly specs: Specs
  readonly capabilities: CapabilitiesOf
}

/** For whoever looks at registries and places, and at nothing else. */
export function lookAtPages(ports: PagePorts): (platform: Platform, shard: Shard) => Promise<Comparison> {
  return async (platform, shard) => {
    if (shard.kind === 'repository') throw new Terminal(`${shardName(shard)} has no pages: it is another function’s`)
    return comparePages(ports, platform, shard)
  }
}

/**
 * Records against the pages of one registry or place. Pages are read first, so that whatever is in them was claimed by
 * a record that is read afterwards. A capability that cannot be read does not hold up the others.
 */
async function comparePages(
  { specs, capabilities }: PagePorts,
  platform: Platform,
  shard: PagedShard,
): Promise<Comparison> {
  const place = placeOf(platform, shard)
  const failures = collectFailures()
  const seen = await seeAll(capabilities(shard), place, failures)
  const remaining = new Map(seen.map((one) => [one, owned(one.sight)]))
  const scope = { specs, platform, shard, place, seen }

  const account = (ids: readonly string[]) => {
    for (const things of remaining.values()) for (const id of ids) things.delete(id)
  }
  const accountForClaims = (record: AnyRecord) => account(Object.values(record.claims).flatMap(idsOf))
  const inSight = (record: AnyRecord, where: 'wanted' | 'left') =>
    questionsOf(scope, record, where).flatMap((question) => {
      const subject = subjectOf(record, question, failures)
      if (subject) account(subject.accounts)
      return subject ? [{ question, subject }] : []
    })
  const differences = (record: AnyRecord, where: 'wanted' | 'left', now: number) => {
    accountForClaims(record)
    return inSight(record, where).flatMap(({ question, subject }) => {
      try {
        return named(record, question, subject.differences(now))
      } catch (error) {
        failures.one(question.seen.capability.name, record.name, error)
        return []
      }
    })
  }
  const deep = async (record: WorkloadRecord, now: number) => {
    const found: Found[] = []
    for (const { question, subject } of inSight(record, 'wanted')) {
      try {
        const depth = await subject.deep?.(now)
        if (depth === undefined) continue
        const all = [...depth.differences, ...undeployed(place, record, depth.images)]
        found.push(...named(record, question, all).map((one) => ({ ...one, deep: true as const })))
      } catch (error) {
        failures.one(question.seen.capability.name, record.name, error)
      }
    }
    return found
  }

  return {
    size: (record) => new Set(questionsOf(scope, record, 'wanted').map(({ cluster }) => cluster)).size,
    accountFor(record) {
      accountForClaims(record)
      inSight(record, 'wanted')
      inSight(record, 'left')
    },
    compare: (record, now) => differences(record, 'wanted', now),
    leftovers: (record, now) => differences(record, 'left', now).map(leftover),
    orphans: (known) => stillThere(remaining, known, () => seeAll(capabilities(shard), place, failures)),
    confirm: (found) => Promise.resolve(found),
    deep,
    ...(shard.kind === 'place' && {
      applications: (record: AnyRecord) => applicationsOf(scope, record),
      usage: () => seen.map(({ sight }) => sight.usage?.()).find((one) => one !== undefined),
    }),
    failures: failures.all,
  }
}

/**
 * Secrets are claimed by their ARN and listed by name. So they are accounted for also where `desired` throws; one in its
 * recovery window that somebody took out of it is nobody's.
 */
function idsOf({ id, retained }: Claim): readonly string[] {
  const name = /^arn:[^:]+:secretsmanager:[^:]*:\d*:secret:(.+)-\w{6}$/.exec(id)?.[1]
  return name === undefined || retained === true ? [id] : [id, name]
}

/** One for each placement, two for each System (capabilities/argocd). */
function applicationsOf({ platform, place, specs }: Scope, record: AnyRecord): readonly string[] {
  const here = new Set(place.clusters.map(({ name }) => name))
  if (record.kind === 'System') {
    const { environments } = record.spec as SystemSpec
    const open = place.clusters.filter(({ spec }) => environments.includes(spec.environment))
    return open.flatMap(({ name }) => [name, name])
  }
  const wanted = desiredClusters({ record, clusters: platform.clusters }, specs).map(({ name }) => name)
  return wanted.filter((name) => here.has(name))
}

function placeOf({ installation, clusters }: Platform, { kind, account, region }: PagedShard): BulkPlace {
  const here = clusters.filter(({ spec: { aws } }) => aws.account === account && aws.region === region)
  return { installation, account, region, clusters: kind === 'registry' ? clusters : here }
}

async function seeAll(
  capabilities: readonly AnyFleetCapability[],
  place: BulkPlace,
  failures: Failures,
): Promise<readonly Seen[]> {
  const seen = await Promise.all(
    capabilities.map(async (capability): Promise<Seen[]> => {
      try {
        return [{ capability, sight: await capability.see(place) }]
      } catch (error) {
        failures.whole(capability.name, error)
        return []
      }
    }),
  )
  return seen.flat()
}

/** A push of which the event was lost: the record says that a placement runs another image than it is to. */
function undeployed({ clusters }: BulkPlace, { name, status }: WorkloadRecord, images: Images): readonly Difference[] {
  return clusters.flatMap((cluster): Difference[] => {
    const running = status.placements[cluster.name]?.digest
    const image = images[cluster.spec.environment]
    if (running === undefined || image === undefined || image.digest === running) return []
    const what = `deploy ${image.tag ?? image.digest} to ${cluster.name}, which runs ${running}`
    return [{ kind: 'due', where: `${name} in ${cluster.name}`, what }]
  })
}

/** Undefined where what is wanted cannot be derived: a reconcile says so to whom it concerns. */
function subjectOf(
  record: AnyRecord,
  { seen, subject, cluster = '-' }: Question,
  failures: Failures,
): SubjectInSight | undefined {
  const { name } = seen.capability
  try {
    return seen.sight.of(subject, memoryOf(record, name, cluster))
  } catch (error) {
    failures.one(name, record.name, error)
    return undefined
  }
}

function named(record: AnyRecord, { seen, cluster }: Question, differences: readonly Difference[]): readonly Found[] {
  return differences.map((difference) => ({
    ...difference,
    resource: { kind: record.kind, name: record.name },
    ...(cluster === undefined ? {} : { cluster }),
    capability: seen.capability.name,
  }))
}

/** What is there and not wanted has no owner, whatever the capability calls that. */
function leftover(found: Found): Found {
  return found.kind === 'disowned' ? found : { ...found, kind: 'orphan' }
}

function owned(sight: Sight<never>): Map<string, OwnedThing> {
  return new Map([...sight.owned()].map((thing) => [thing.id, thing]))
}

/**
 * What went away while the records were read is in the pages, and has no record any more: new orphans are looked for
 * once more, in pages that are younger than the records.
 */
async function stillThere(
  remaining: ReadonlyMap<Seen, ReadonlyMap<string, OwnedThing>>,
  known: (finding: Found) => boolean,
  seeAgain: () => Promise<readonly Seen[]>,
): Promise<readonly Found[]> {
  const candidates = [...remaining].flatMap(([{ capability }, things]) =>
    [...things.values()].map((thing) => orphan(capability.name, thing)),
  )
  if (candidates.every(known)) return candidates
  const again = new Map((await seeAgain()).map(({ capability, sight }) => [capability.name, owned(sight)]))
  return candidates.filter((one) => known(one) || again.get(one.capability ?? '')?.has(one.where))
}

function orphan(capability: string, { id, what }: OwnedThing): Found {
  return {
    kind: 'orphan',
    where: id,
    capability,
    what: `${what} carries the tag of this installation, and nothing that is declared accounts for it`,
    fix: 'a tag alone is no proof that Fairway made it: delete it if nobody needs it, or declare what it belongs to',
  }
}
