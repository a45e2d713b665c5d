import { isSafeSegment } from '../../domain/paths.ts'
import type { Problem } from '../../domain/records.ts'
import type { ClusterSpec } from '../../domain/resources.ts'
import type { Candidate } from './candidate.ts'

/** Names that are legal by themselves and meet something else's where they end up. */
export function checkNames(candidate: Candidate): Problem[] {
  const { kind, value } = candidate
  if (kind === 'Cluster') return checkCluster(candidate, value?.spec ?? {})
  const name = value?.metadata?.name
  const taken = kind === 'System' ? takenForSystem : kind === 'Workload' ? takenForWorkload : undefined
  const why = name === undefined ? undefined : taken?.(name)
  if (why === undefined) return []
  const message = `the name \`${name}\` is taken by ${why}; choose another`
  return candidate.problem({ path: ['metadata', 'name'], about: 'value', message })
}

/** A System's name is its namespace, and its AppProject's name where Argo CD is local. */
function takenForSystem(name: string): string | undefined {
  // https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces
  if (name === 'default' || name.startsWith('kube-')) return 'Kubernetes itself'
  if (name === 'fairway' || name.startsWith('fairway-')) return 'Fairway itself'
  // A workload there could run as the controller, with its identity.
  if (name === 'argocd') return 'Argo CD'
  if (name === 'external-secrets') return 'External Secrets'
  return undefined
}

/** A Workload's name is its ServiceAccount's. */
function takenForWorkload(name: string): string | undefined {
  // https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts
  if (name === 'default') return 'the namespace’s own service account'
  if (name === 'fairway' || name.startsWith('fairway-')) return 'Fairway itself'
  return undefined
}

function checkCluster(candidate: Candidate, { repository, identity, aws }: Partial<ClusterSpec>): Problem[] {
  const problems: Problem[] = []
  const refuse = (path: string[], about: 'value' | 'whole', message: string) =>
    problems.push(...candidate.problem({ path: ['spec', ...path], about, message }))
  if (repository && repository.path !== '' && !repository.path.split('/').every(isSafeSegment)) {
    const message = '`spec.repository.path` must be a relative directory such as clusters/dev, without `..`'
    refuse(['repository', 'path'], 'value', message)
  }
  if (repository && !isBranchName(repository.branch)) {
    refuse(['repository', 'branch'], 'value', '`spec.repository.branch` must be a branch name such as main')
  }
  if (identity === 'irsa' && aws && aws.oidcProvider === undefined) {
    refuse(['aws'], 'whole', '`spec.aws.oidcProvider` is missing; identity irsa needs the issuer, without https://')
  }
  return problems
}

/** https://git-scm.com/docs/git-check-ref-format */
function isBranchName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|[/.]$|^@$/.test(name)) return false
  return name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'))
}
