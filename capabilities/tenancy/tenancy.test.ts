import { describe, expect, test } from 'vitest'
import type { TenancySubject } from '../../domain/capability.ts'
import { registerPermissionsBoundary } from '../../local/aws/index.ts'
import { home, roles, testAws } from '../../test/contract/provisioner-aws.ts'
import { provisionerBench } from '../../test/contract/provisioner-bench.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { tenancy } from './index.ts'

const key = 'arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const wanted: TenancySubject = { installation, system: systemNamed('policy-admin'), cluster: clusterNamed('dev') }

describe('the role that a namespace’s SecretStore reads with', () => {
  test('sees the entries of its system in its cluster, and nothing else', async () => {
    const { inline } = await reader(wanted)
    expect(statements(inline)).toEqual([
      {
        Effect: 'Allow',
        Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
        Resource: ['arn:aws:secretsmanager:eu-west-1:111111111111:secret:fairway/acme/dev/policy-admin/*'],
      },
    ])
  })

  test('may decrypt with the cluster’s key where there is one, and only through Secrets Manager', async () => {
    const cluster = clusterNamed('dev', { aws: { ...wanted.cluster.spec.aws, secretsKey: key } })
    expect(statements((await reader({ ...wanted, cluster })).inline)[1]).toMatchObject({
      Action: ['kms:Decrypt'],
      Resource: [key],
      Condition: { StringEquals: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' } },
    })
  })

  test('is trusted for the controller of this cluster alone, when it reads for this namespace', async () => {
    const { trust } = await reader(wanted)
    expect(statements([['', trust]])).toEqual([
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111111111111:root' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111111111111:role/fairway-external-secrets' },
          StringEquals: {
            'aws:PrincipalTag/eks-cluster-arn': 'arn:aws:eks:eu-west-1:111111111111:cluster/dev-1',
            'aws:PrincipalTag/kubernetes-namespace': 'external-secrets',
            'aws:PrincipalTag/kubernetes-service-account': 'external-secrets',
            'aws:RequestTag/esoNamespace': 'policy-admin',
          },
        },
      },
    ])
  })

  test('is trusted for the controller as the cluster declares it', async () => {
    const externalSecrets = {
      role: 'arn:aws:iam::111111111111:role/platform/eso',
      namespace: 'platform',
      serviceAccount: 'eso',
      namespaceTag: false,
    }
    const [statement] = statements([
      ['', (await reader({ ...wanted, cluster: clusterNamed('dev', { externalSecrets }) })).trust],
    ])
    expect(statement?.['Condition']).toEqual({
      ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111111111111:role/platform/eso' },
      StringEquals: {
        'aws:PrincipalTag/eks-cluster-arn': 'arn:aws:eks:eu-west-1:111111111111:cluster/dev-1',
        'aws:PrincipalTag/kubernetes-namespace': 'platform',
        'aws:PrincipalTag/kubernetes-service-account': 'eso',
      },
    })
  })

  test('asks for no session tags of Pod Identity where the cluster uses IRSA', async () => {
    const [statement] = statements([
      ['', (await reader({ ...wanted, cluster: clusterNamed('dev', { identity: 'irsa' }) })).trust],
    ])
    expect(statement?.['Condition']).toMatchObject({ StringEquals: { 'aws:RequestTag/esoNamespace': 'policy-admin' } })
    expect(JSON.stringify(statement)).not.toContain('PrincipalTag')
  })

  test('never has a condition block without a condition, which IAM refuses', async () => {
    const cluster = clusterNamed('dev', { identity: 'irsa', externalSecrets: { namespaceTag: false } })
    const [statement] = statements([['', (await reader({ ...wanted, cluster })).trust]])
    expect(statement?.['Condition']).toEqual({
      ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111111111111:role/fairway-external-secrets' },
    })
  })

  test('has a boundary of its own: that of workloads denies all secrets of Fairway', async () => {
    expect((await reader(wanted)).boundary).toBe('arn:aws:iam::111111111111:policy/fairway/fairway-boundary-reader')
  })

  test('is called like no workload’s role', async () => {
    expect((await reader(wanted)).role).toContain('/acme-_reader-dev-policy-admin-')
  })
})

interface Reader {
  readonly role: string
  readonly trust: unknown
  readonly inline: readonly (readonly [string, unknown])[]
  readonly boundary: string
}

async function reader(subject: TenancySubject): Promise<Reader> {
  const { aws, now } = testAws({})
  await registerPermissionsBoundary(aws, { account: home.account, name: 'fairway-boundary-reader' })
  await provisionerBench(tenancy, { iam: aws.iam() }, now).converge(subject)
  return JSON.parse((await roles(aws))[0] ?? '{}') as Reader
}

function statements(inline: readonly (readonly [string, unknown])[]): Record<string, unknown>[] {
  return inline.flatMap(([, document]) => (document as { Statement: Record<string, unknown>[] }).Statement)
}
