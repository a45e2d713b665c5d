import { never } from '../../domain/errors.ts'
import type { BulkObserver, BulkPlace, DriftKind } from '../../domain/fleet.ts'
import { repositoryArn, tagKeys } from '../../domain/names.ts'
import { policyText } from '../../domain/policy.ts'
import type { EcrDesired } from './desired.ts'
import { readRepositories } from './pages.ts'
import type { EcrBulkRemote, ListedRepository, Repositories } from './pages.ts'
import type { EcrAction, EcrObserved, ObservedRepository } from './plan.ts'
import { select } from './images.ts'
import { readDetails, readImages } from './remote.ts'

export type { EcrBulkRemote } from './pages.ts'

export interface EcrSnapshot {
  readonly place: BulkPlace
  readonly repositories: Repositories
}

/** Without images, but for the deep sample: which of them runs, the reconcile that a push starts looks at. */
export const ecrBulk: BulkObserver<EcrDesired, EcrObserved, EcrAction, EcrBulkRemote, EcrSnapshot> = {
  snapshot: async (remote, place) => ({ place, repositories: await readRepositories(remote) }),
  observed: (desired, snapshot) => ({ repository: repositoryIn(desired, snapshot), images: [] }),
  deep: async (desired, snapshot, { ecr }) => {
    const seen = repositoryIn(desired, snapshot)
    if (!seen) return { repository: undefined, images: [] }
    const [details, images] = await Promise.all([
      readDetails(ecr, desired.repository, seen.arn),
      readImages(ecr, desired.repository),
    ])
    return { repository: { ...seen, ...details }, images }
  },
  images: ({ selections }, { images }) =>
    Object.fromEntries(
      selections.flatMap((selection) => {
        const chosen = select(selection, images)
        return chosen ? [[selection.environment, chosen]] : []
      }),
    ),
  drift: (action, desired, { repository }) => {
    const kind = action.type === 'refuse' ? 'disowned' : driftOf(action, desired, repository)
    return kind && { kind, where: desired.arn }
  },
  accounts: ({ ensure, arn, claim }) => [...(ensure === 'present' ? [arn] : []), ...(claim ? [claim.id] : [])],
  *owned({ place, repositories }) {
    for (const [name, { tags }] of repositories) {
      if (tags[tagKeys.installation] !== place.installation.name) continue
      yield { id: repositoryArn(place, name), what: `ECR repository ${name}` }
    }
  },
}

function repositoryIn(
  { repository, settings }: EcrDesired,
  { place, repositories }: EcrSnapshot,
): ObservedRepository | undefined {
  const listed = repositories.get(repository)
  if (!listed) return undefined
  const { lifecycle, policy } = settings
  const details = isAsWanted(settings, listed) ? { lifecycle, policy: policy && policyText(policy) } : unread
  return { ...listed, ...details, arn: repositoryArn(place, repository) }
}

/** What pages lack was set along with this tag. */
function isAsWanted(settings: EcrDesired['settings'], { tags }: ListedRepository): boolean {
  return tags[tagKeys.specHash] === settings.tags[tagKeys.specHash]
}

const unread = { lifecycle: undefined, policy: undefined }

function driftOf(
  action: EcrAction,
  { claim }: EcrDesired,
  observed: ObservedRepository | undefined,
): DriftKind | undefined {
  switch (action.type) {
    case 'create':
      // Without a claim there never was one.
      return claim ? 'repository-deleted' : 'due'
    case 'tag':
    case 'make-immutable':
    case 'scan-on-push':
    case 'set-lifecycle':
    case 'set-policy':
    case 'remove-policy':
      return observed && 'repository-changed'
    case 'delete':
      return 'due'
    case 'record':
    case 'release':
      return undefined
    default:
      return never(action)
  }
}
