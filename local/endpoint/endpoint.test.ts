import { CreateRepositoryCommand } from '@aws-sdk/client-ecr'
import { CreatePodIdentityAssociationCommand } from '@aws-sdk/client-eks'
import { CreateRoleCommand, DeleteRoleCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock as clock, systemRandom as random } from '../../domain/effects.ts'
import { Terminal } from '../../domain/errors.ts'
import { ecr } from '../aws/ecr/index.ts'
import { eks } from '../aws/eks/index.ts'
import { iam } from '../aws/iam/index.ts'
import { createAws, registerCluster } from '../aws/index.ts'
import { kms } from '../aws/kms/index.ts'
import { secretsManager } from '../aws/secretsmanager/index.ts'
import { sts } from '../aws/sts/index.ts'
import { tagging } from '../aws/tagging/index.ts'
import { accessOf } from './clients.ts'
import { connectEndpoint } from './connect.ts'
import { eksBesideIam } from './eks.ts'
import { taggingOverEcr } from './tagging.ts'

const home = { account: '100000000001', region: 'eu-west-1' }

describe('counting', () => {
  const operations = [ecr, eks, iam, kms, secretsManager, sts, tagging].flatMap((service) => [
    ...service.operations.values(),
  ])

  it.each(operations)('$name at an endpoint is the $access that it is in the simulation', ({ name, access }) => {
    expect(accessOf(name)).toBe(access)
  })
})

describe('connecting', () => {
  let server: Server | undefined
  afterEach(() => server?.close())

  const connect = (url: string) => connectEndpoint({ url, home, clock, random, directory: 'never written' })

  async function serve(xml: (action: string) => string): Promise<string> {
    server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const action = new URLSearchParams(Buffer.concat(chunks).toString()).get('Action') ?? ''
        response.writeHead(200, { 'content-type': 'text/xml' }).end(xml(action))
      })
    })
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  it('to where nobody answers is Terminal, with the way out', async () => {
    const url = await serve(() => '')
    server?.close()
    const error: unknown = await connect(url).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Terminal)
    expect((error as Terminal).fix).toContain('AWS_ENDPOINT_URL')
  })

  it('to an AWS that mixes accounts is Terminal: one account’s things would end up in another', async () => {
    const url = await serve((action) =>
      action === 'AssumeRole'
        ? '<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>'
        : '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>000000000000</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
    )
    await expect(connect(url)).rejects.toThrow(/does not keep accounts apart.*100000000001 for 000000000000/)
  })
})

describe('the simulated EKS beside the IAM of an endpoint', () => {
  const trusting = (service: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: ['sts:AssumeRole', 'sts:TagSession'] }],
    })
  const RoleName = 'filing'

  async function world() {
    const [there, here] = [createAws({ clock, random, ...home }), createAws({ clock, random, ...home })]
    await registerCluster(here, { ...home, name: 'apps' })
    const beside = eksBesideIam(here, { from: there.outside, to: here.outside })
    const associate = (serviceAccount: string) =>
      beside.eks(home).send(
        new CreatePodIdentityAssociationCommand({
          clusterName: 'apps',
          namespace: 'claims',
          serviceAccount,
          roleArn: `arn:aws:iam::${home.account}:role/fairway/${RoleName}`,
        }),
      )
    return { there: there.iam(home), associate }
  }

  it('refuses a role that is not there, and takes it once it is', async () => {
    const { there, associate } = await world()
    await expect(associate('one')).rejects.toThrow(/does not exist/)
    const role = { RoleName, Path: '/fairway/', AssumeRolePolicyDocument: trusting('pods.eks.amazonaws.com') }
    await there.send(new CreateRoleCommand(role))
    await expect(associate('one')).resolves.toMatchObject({ association: { serviceAccount: 'one' } })
  })

  it('sees each change of the role: its trust, and that it is gone', async () => {
    const { there, associate } = await world()
    const role = { RoleName, Path: '/fairway/', AssumeRolePolicyDocument: trusting('ec2.amazonaws.com') }
    await there.send(new CreateRoleCommand(role))
    await expect(associate('one')).rejects.toThrow(/Trust policy/)
    const PolicyDocument = trusting('pods.eks.amazonaws.com')
    await there.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }))
    await expect(associate('one')).resolves.toBeDefined()
    await there.send(new DeleteRoleCommand({ RoleName }))
    await expect(associate('two')).rejects.toThrow(/does not exist/)
  })
})

describe('the tagging API over the ECR of an endpoint', () => {
  const query = { ResourceTypeFilters: ['ecr:repository'], TagFilters: [{ Key: 'team' }], ResourcesPerPage: 2 }

  it('answers as the simulated one does, page by page, every repository once and each call counted', async () => {
    const aws = createAws({ clock, random, ...home })
    for (const [name, key] of Object.entries({ 'a/1': 'team', 'a/2': 'other', 'a/3': 'team', 'a/4': 'team' })) {
      const tags = [{ Key: key, Value: 'quotes' }]
      await aws.outside.ecr().send(new CreateRepositoryCommand({ repositoryName: name, tags }))
    }
    let calls = 0
    const over = taggingOverEcr(aws.outside.ecr(), () => void (calls += 1))
    const all = async (client: typeof over) => {
      const found: unknown[] = []
      let PaginationToken: string | undefined
      do {
        const answer = await client.send(new GetResourcesCommand({ ...query, PaginationToken }))
        found.push(...(answer.ResourceTagMappingList ?? []))
        PaginationToken = answer.PaginationToken || undefined
      } while (PaginationToken)
      return found
    }
    expect(await all(over)).toEqual(await all(aws.tagging()))
    expect(await all(over)).toHaveLength(3)
    expect(calls).toBe(4)
  })

  it('says so when it is asked for something else', async () => {
    const over = taggingOverEcr(createAws({ clock, random, ...home }).ecr(), () => undefined)
    const asked = over.send(new GetResourcesCommand({ ...query, ResourceTypeFilters: ['s3:bucket'] }))
    await expect(asked).rejects.toThrow('ecr:repository')
  })
})
