import type { Origin, Problem } from '../../domain/records.ts'
import type { Store } from '../../domain/store.ts'
import type { Valid, Admitted } from './ports.ts'

/** Platform resources first, so that a workload finds the System that came with it. */
const order = { Cluster: 0, System: 1, Source: 2, Workload: 3 } as const

export interface Asked {
  /** A portal run that wants an answer. */
  readonly run?: string
  /** A person, who goes on record with what changes. */
  readonly who?: string
}

/** At once per rank: conditional writes, one resource's refusal does not hold up another. */
export async function admit(
  store: Store,
  source: string,
  revision: string,
  resources: readonly Valid[],
  asked: Asked = {},
): Promise<readonly Admitted[]> {
  const admitted: Admitted[] = []
  for (const rank of [0, 1, 2, 3]) {
    const batch = resources.filter(({ kind }) => order[kind] === rank)
    for (let start = 0; start < batch.length; start += 25) {
      const part = batch
        .slice(start, start + 25)
        .map((resource) => declareOne(store, source, revision, resource, asked))
      admitted.push(...(await Promise.all(part)))
    }
  }
  return admitted
}

async function declareOne(
  store: Store,
  source: string,
  revision: string,
  resource: Valid,
  { run, who }: Asked,
): Promise<Admitted> {
  const admission = await store.declare({
    ref: { kind: resource.kind, name: resource.name },
    spec: resource.spec,
    origin: { source, path: resource.file, line: resource.line, revision },
    ...(run === undefined ? {} : { run }),
    ...(who === undefined ? {} : { audit: { who, what: `apply ${resource.file}` } }),
  })
  if (admission.result !== 'refused') return { resource, result: admission.result, record: admission.record }
  return { resource, result: 'refused', problem: ownedElsewhere(resource, admission.owner, source) }
}

/** The first origin owns a spec; another is told the place to edit. */
export function ownedElsewhere(resource: Valid, owner: Origin, source: string): Problem {
  const place = owner.path === undefined ? owner.source : `${owner.source}, ${owner.path}`
  return {
    file: resource.file,
    line: resource.line,
    column: 1,
    resource: `${resource.kind} ${resource.name}`,
    message: `${resource.kind} ${resource.name} is declared by ${place}: change it there, or move it with \`fairway transfer ${resource.name} --to ${source}\``,
  }
}
