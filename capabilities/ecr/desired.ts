import type { Installation, Memory, WorkloadSubject } from '../../domain/capability.ts'
import { adoptCommand } from '../../domain/ownership.ts'
import { repositoryArn, repositoryName, repositoryUri, tagKeys, workloadId } from '../../domain/names.ts'
import { partitionOf } from '../../domain/partition.ts'
import type { PolicyDocument } from '../../domain/policy.ts'
import type { Claim } from '../../domain/records.ts'
import type { SystemSpec } from '../../domain/resources.ts'
import { tagsFor } from '../../domain/tags.ts'
import type { Tags } from '../../domain/tags.ts'
import type { ImageOverride, ImageSpec } from './schema.ts'

/** This capability's part of the Workload, environments not merged: one repository serves them all. */
export interface EcrSpec {
  readonly image: ImageSpec
  readonly environments: Readonly<Record<string, { readonly image?: ImageOverride | undefined }>>
}

export type EcrSubject = WorkloadSubject<EcrSpec>

/** The name of the one claim. */
export const repositoryClaim = 'repository'

/** What an environment runs: exactly this digest, or the newest image with a tag like this. */
export interface Selection {
  readonly environment: string
  readonly track: string
  readonly digest?: string
}

export interface RepositorySettings {
  readonly tags: Tags
  /** Canonical JSON. */
  readonly lifecycle: string
  /** Undefined: nobody outside of the account pulls, and there is no policy. */
  readonly policy: PolicyDocument | undefined
}

export interface EcrDesired {
  readonly ensure: 'present' | 'absent'
  readonly repository: string
  readonly arn: string
  readonly uri: string
  readonly installation: Installation
  readonly incarnation: number
  readonly claim: Claim | undefined
  readonly restoring: boolean
  readonly adopt: string
  readonly deletionPolicy: SystemSpec['deletionPolicy']
  readonly settings: RepositorySettings
  readonly selections: readonly Selection[]
}

export function desired(subject: EcrSubject, memory: Memory): EcrDesired {
  const { installation, system, workload, spec } = subject
  const repository = repositoryName(system.name, workload)
  const arn = repositoryArn(installation, repository)
  const policy = pullPolicy(subject)
  const lifecycle = JSON.stringify(lifecyclePolicy)
  const tags = {
    ...tagsFor({ installation, system, workload }, { lifecycle, policy }),
    [tagKeys.incarnation]: String(subject.incarnation),
  }
  return {
    ensure: spec ? 'present' : 'absent',
    repository,
    arn,
    uri: repositoryUri(installation, repository),
    installation,
    incarnation: subject.incarnation,
    claim: memory.claims[repositoryClaim],
    // What is not wanted goes only when it is on record.
    restoring: memory.restoring === true && spec !== undefined,
    adopt: adoptCommand(workloadId(system.name, workload), `ecr/-/${repositoryClaim}`, arn),
    deletionPolicy: system.spec.deletionPolicy,
    settings: { tags, lifecycle, policy },
    selections: spec ? selections(spec) : [],
  }
}

/**
 * Tagged images are never expired: any of them may be deployed, or be rolled back to. Images that belong to a
 * manifest list are untagged too, and ECR itself does not expire those.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
 */
const lifecyclePolicy = {
  rules: [
    {
      rulePriority: 1,
      description: 'untagged images go after two weeks',
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
      action: { type: 'expire' },
    },
  ],
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html */
const pullActions = ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']

/** For exactly the accounts that the workload's clusters are in; the registry's own account needs none. */
function pullPolicy({ clusters, installation }: EcrSubject): PolicyDocument | undefined {
  const others = new Set(clusters.map(({ spec }) => spec.aws.account).filter((id) => id !== installation.account))
  if (others.size === 0) return undefined
  const partition = partitionOf(installation.region)
  const AWS = [...others].toSorted().map((account) => `arn:${partition}:iam::${account}:root`)
  return {
    Version: '2012-10-17',
    Statement: [{ Sid: 'FairwayPull', Effect: 'Allow', Principal: { AWS }, Action: pullActions }],
  }
}

/** As `forEnvironment` of capabilities/schema.ts merges: by key, and a digest wins over `track`. */
function selections({ image, environments }: EcrSpec): Selection[] {
  return Object.entries(environments)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([environment, override]) => {
      const digest = override.image?.digest ?? image.digest
      const track = override.image?.track ?? image.track
      return { environment, track, ...(digest === undefined ? {} : { digest }) }
    })
}
