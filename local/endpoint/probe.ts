import { ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import { ListPodIdentityAssociationsCommand } from '@aws-sdk/client-eks'
import { ListRolesCommand } from '@aws-sdk/client-iam'
import { ListSecretsCommand } from '@aws-sdk/client-secrets-manager'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { isNotFound } from '../../domain/awserrors.ts'
import { Terminal } from '../../domain/errors.ts'
import { DescribeKeyCommand } from '../../lambdas/doctor/kms.ts'
import type { Endpoint, EndpointClients } from './clients.ts'

/** What Fairway needs of an endpoint, besides STS; each can be had in this process instead. */
export const wanted = {
  dynamodb: 'the records of the store',
  ecr: 'image repositories',
  eks: 'Pod Identity associations',
  iam: 'roles and policies',
  kms: 'keys of secrets',
  secretsmanager: 'secrets',
} as const

export type Wanted = keyof typeof wanted

/** Which of them the endpoint answers; each is asked for something that every account has or lacks. */
export async function servedBy(clients: EndpointClients, endpoint: Endpoint): Promise<ReadonlySet<Wanted>> {
  await checkAccount(clients, endpoint)
  const questions: Readonly<Record<Wanted, () => Promise<unknown>>> = {
    dynamodb: () => clients.dynamoDb().send(new ListTablesCommand({ Limit: 1 })),
    ecr: () => clients.ecr().send(new DescribeRepositoriesCommand({ maxResults: 1 })),
    // No such cluster, or key, is an answer; a service that does not know the call has none, or an error without this name.
    eks: () => clients.eks().send(new ListPodIdentityAssociationsCommand({ clusterName: 'fairway-asks' })),
    iam: () => clients.iam().send(new ListRolesCommand({ MaxItems: 1 })),
    kms: () => clients.kms().send(new DescribeKeyCommand({ KeyId: 'alias/fairway-asks' })),
    secretsmanager: () => clients.secretsManager().send(new ListSecretsCommand({ MaxResults: 1 })),
  }
  const served = new Set<Wanted>()
  for (const [service, ask] of Object.entries(questions)) {
    if (await ask().then(() => true, isNotFound)) served.add(service as Wanted)
  }
  return served
}

/** Otherwise things of two accounts would end up in one, under ARNs that name the other. */
async function checkAccount(clients: EndpointClients, { url, home }: Endpoint): Promise<void> {
  const answer = await clients
    .sts()
    .send(new GetCallerIdentityCommand({}))
    .catch((cause: unknown) => {
      throw new Terminal(`no AWS answers at ${url}`, {
        cause,
        fix: 'start it, or leave AWS_ENDPOINT_URL away to use the simulated AWS',
      })
    })
  if (answer.Account === home.account) return
  throw new Terminal(
    `the AWS at ${url} does not keep accounts apart: it takes a role of ${home.account} for ${answer.Account}`,
    { fix: 'use one whose AssumeRole answers credentials of the role’s account, as moto and LocalStack do' },
  )
}
