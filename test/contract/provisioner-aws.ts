import { DescribePodIdentityAssociationCommand, ListPodIdentityAssociationsCommand } from '@aws-sdk/client-eks'
import {
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-ecr'
import { GetAccountAuthorizationDetailsCommand } from '@aws-sdk/client-iam'
import { ListSecretsCommand } from '@aws-sdk/client-secrets-manager'
import type { Clock, Random } from '../../domain/effects.ts'
import { canonical } from '../../domain/hash.ts'
import { createAws } from '../../local/aws/index.ts'
import type { AwsOptions, Place, ReadLag, SimulatedAws } from '../../local/aws/index.ts'
import type { Around } from './provisioner-probe.ts'
import type { WorldOptions } from './provisioner.ts'

/** What the contract suite needs of the simulated AWS: clients with a probe around them, and inventories. */

export const home: Place = { account: '111111111111', region: 'eu-west-1' }

export class TestClock implements Clock {
  #now = Date.parse('2026-11-20T10:00:00Z')
  now(): number {
    return this.#now
  }
  async sleep(milliseconds: number): Promise<void> {
    this.#now += milliseconds
  }
}

/** Repeats itself from one world to the next, and never within one. */
export function countingRandom(): Random {
  let count = 0
  return {
    bytes: (length) => Uint8Array.from({ length }, () => (count++ * 197 + 31) % 256),
    fraction: () => (count++ % 97) / 97,
  }
}

const lag = 20_000
const everywhere: ReadLag = { ecr: lag, iam: lag, eks: lag, secretsmanager: lag, tagging: lag }

export function testAws(
  { eventuallyConsistent }: Pick<WorldOptions, 'eventuallyConsistent'>,
  faults?: AwsOptions['faults'],
) {
  const clock = new TestClock()
  const aws = createAws({
    clock,
    random: countingRandom(),
    ...home,
    ...(eventuallyConsistent ? { readLag: everywhere } : {}),
    ...(faults ? { faults } : {}),
  })
  return { aws, clock, now: () => clock.now(), settle: () => clock.sleep(lag * 2) }
}

/** A client of which every call goes through `around`. */
export function surrounded<Client extends { send: unknown }>(client: Client, around: Around): Client {
  const send = client.send as (command: { constructor: { name: string } }) => Promise<unknown>
  const through = (command: { constructor: { name: string } }) => {
    const operation = command.constructor.name.replace(/Command$/, '')
    const access = /^(Get|List|Describe)/.test(operation) ? 'read' : 'write'
    return around({ operation, access }, () => send.call(client, command))
  }
  return { send: through } as unknown as Client
}

/** As the SDK raises them once its own retries are used up. */
export const awsErrors = {
  transient: () => awsError('ThrottlingException', 400, 'Rate exceeded', { throttling: true }),
  denied: () => awsError('AccessDeniedException', 400, 'User is not authorized to perform this action'),
}

function awsError(name: string, httpStatusCode: number, message: string, $retryable?: object): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode }, $fault: 'client', $retryable })
}

export async function roles(aws: SimulatedAws, place: Place = home): Promise<string[]> {
  const answer = await aws.outside.iam(place).send(new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'] }))
  return (answer.RoleDetailList ?? []).map((role) =>
    canonical({
      role: role.Arn,
      trust: decoded(role.AssumeRolePolicyDocument),
      inline: role.RolePolicyList?.map(({ PolicyName, PolicyDocument }) => [PolicyName, decoded(PolicyDocument)]),
      attached: role.AttachedManagedPolicies,
      boundary: role.PermissionsBoundary?.PermissionsBoundaryArn,
      tags: sortedTags(role.Tags),
    }),
  )
}

export async function associations(aws: SimulatedAws, clusterName: string, place: Place = home): Promise<string[]> {
  const eks = aws.outside.eks(place)
  const { associations: found = [] } = await eks.send(new ListPodIdentityAssociationsCommand({ clusterName }))
  return Promise.all(
    found.map(async ({ associationId }) => {
      const input = { clusterName, associationId }
      const { association } = await eks.send(new DescribePodIdentityAssociationCommand(input))
      const { namespace, serviceAccount, roleArn, tags, disableSessionTags, targetRoleArn } = association ?? {}
      return canonical({ association: [namespace, serviceAccount], roleArn, tags, disableSessionTags, targetRoleArn })
    }),
  )
}

export async function repositories(aws: SimulatedAws): Promise<string[]> {
  const ecr = aws.outside.ecr()
  const { repositories: found = [] } = await ecr.send(new DescribeRepositoriesCommand({}))
  return Promise.all(
    found.map(async ({ repositoryName, repositoryArn, ...rest }) => {
      const resourceArn = repositoryArn ?? ''
      const [tags, lifecycle, policy] = await Promise.all([
        ecr.send(new ListTagsForResourceCommand({ resourceArn })),
        ecr.send(new GetLifecyclePolicyCommand({ repositoryName })).catch(() => undefined),
        ecr.send(new GetRepositoryPolicyCommand({ repositoryName })).catch(() => undefined),
      ])
      return canonical({
        repository: repositoryArn,
        mutability: rest.imageTagMutability,
        scanning: rest.imageScanningConfiguration,
        encryption: rest.encryptionConfiguration,
        tags: sortedTags(tags.tags),
        lifecycle: lifecycle?.lifecyclePolicyText,
        policy: policy?.policyText,
      })
    }),
  )
}

/** Versions by id and stages: what a mint too many would show in. */
export async function secretsOf(aws: SimulatedAws, place: Place = home): Promise<string[]> {
  const input = { IncludePlannedDeletion: true }
  const { SecretList = [] } = await aws.outside.secretsManager(place).send(new ListSecretsCommand(input))
  return SecretList.map(({ Name, Tags, DeletedDate, SecretVersionsToStages, KmsKeyId, Description }) =>
    canonical({
      secret: Name,
      tags: sortedTags(Tags),
      deleted: DeletedDate !== undefined,
      versions: Object.entries(SecretVersionsToStages ?? {}).map(([id, stages]) => [id, stages.toSorted()]),
      key: KmsKeyId,
      description: Description,
    }),
  ).toSorted()
}

function sortedTags(tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined): string[] {
  return (tags ?? []).map(({ Key, Value }) => `${Key}=${Value}`).toSorted()
}

function decoded(document: string | undefined): unknown {
  return document === undefined ? undefined : JSON.parse(decodeURIComponent(document))
}
