import { ListTagsForResourceCommand, type ECRClient } from '@aws-sdk/client-ecr'
import { findAws } from '../../domain/awserrors.ts'
import type { Installation } from '../../domain/capability.ts'
import { repositoryArn, repositoryName, tagKeys } from '../../domain/names.ts'
import { fromTagList } from '../../domain/tags.ts'
import type { RestorePorts } from '../../flow/restore.ts'

/** By name and by tag, both: a repository of the right name without the tag is somebody else's. */
export function incarnations(ecr: Pick<ECRClient, 'send'>, installation: Installation): RestorePorts['incarnationOf'] {
  return async (system, workload) => {
    const name = repositoryName(system, workload)
    const command = new ListTagsForResourceCommand({ resourceArn: repositoryArn(installation, name) })
    const answer = await findAws(`read the tags of the repository ${name}`, () => ecr.send(command))
    const tags = fromTagList(answer?.tags)
    const incarnation = Number(tags[tagKeys.incarnation])
    const ours = tags[tagKeys.installation] === installation.name
    return ours && Number.isSafeInteger(incarnation) && incarnation > 0 ? incarnation : undefined
  }
}
