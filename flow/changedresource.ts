import type { Installation } from '../domain/capability.ts'
import { parseSecretId, workloadId } from '../domain/names.ts'

/** A call of somebody, as CloudTrail reports it (domain/events.ts). */
export interface ResourceChange {
  /** `aws.iam` */
  readonly source: string
  /** As EventBridge has it, which nobody can put into an event of AWS. */
  readonly account: string
  readonly region: string
  readonly call: {
    readonly eventName: string
    readonly errorCode?: string | undefined
    readonly requestParameters?: Members | null | undefined
    readonly responseElements?: Members | null | undefined
  }
}

type Members = Readonly<Record<string, unknown>>

interface Placed {
  readonly account: string
  readonly region: string
  readonly workload: string
}

/** What its name says it is, if there is such a thing. */
export type ChangedResource =
  | { readonly kind: 'repository'; readonly workload: string }
  /** Whose it is has to be looked for: the name is flat. */
  | { readonly kind: 'role'; readonly account: string; readonly name: string }
  /** `cluster` by the name of its Cluster. */
  | (Placed & { readonly kind: 'secret'; readonly cluster: string })
  /** `cluster` by its name in EKS. */
  | (Placed & { readonly kind: 'association'; readonly cluster: string })

/** Pure. Undefined: nothing of Fairway's, or a call that was refused. */
export function concernedBy(installation: Installation, change: ResourceChange): ChangedResource | undefined {
  if (change.call.errorCode !== undefined) return undefined
  switch (change.source) {
    case 'aws.ecr':
      return repository(installation, change)
    case 'aws.iam':
      return role(installation, change)
    case 'aws.secretsmanager':
      return secret(installation, change)
    case 'aws.eks':
      return association(change)
    default:
      return undefined
  }
}

/** Named in the request; in that of a tag by its ARN. */
function repository({ account, region }: Installation, change: ResourceChange): ChangedResource | undefined {
  if (change.account !== account || change.region !== region) return undefined
  const { repositoryName, resourceArn } = change.call.requestParameters ?? {}
  const name = text(repositoryName) ?? text(resourceArn)?.split(':repository/')[1]
  return name !== undefined && /^[^/]+\/[^/]+$/.test(name) ? { kind: 'repository', workload: name } : undefined
}

function role({ name: installation }: Installation, { account, call }: ResourceChange): ChangedResource | undefined {
  const name = text(call.requestParameters?.['roleName'])
  return name?.startsWith(`${installation}-`) ? { kind: 'role', account, name } : undefined
}

function secret(installation: Installation, { account, region, call }: ResourceChange): ChangedResource | undefined {
  const owner = parseSecretId(installation.name, text(call.requestParameters?.['secretId']) ?? '')
  return owner && { kind: 'secret', account, region, ...owner }
}

/**
 * Namespace and service account are in the request that makes one, and in the answers of all: `association` as the API
 * gives it. A request names its cluster `name`, as in the path, or `clusterName`, as the SDKs do.
 */
function association({ account, region, call }: ResourceChange): ChangedResource | undefined {
  const request = call.requestParameters ?? {}
  const found = { ...request, ...(call.responseElements?.['association'] as Members | null | undefined) }
  const cluster = text(found['clusterName']) ?? text(request['name'])
  const [system, workload] = [text(found['namespace']), text(found['serviceAccount'])]
  if (cluster === undefined || system === undefined || workload === undefined) return undefined
  return { kind: 'association', account, region, cluster, workload: workloadId(system, workload) }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
