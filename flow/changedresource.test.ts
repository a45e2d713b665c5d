import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Installation } from '../domain/capability.ts'
import { concernedBy, type ResourceChange } from './changedresource.ts'

const place = { account: '111122223333', region: 'eu-west-1' }
const installation = { name: 'acme', ...place } as Installation
const concerned = (source: string, call: Omit<ResourceChange['call'], 'eventName'>, at = place) =>
  concernedBy(installation, { source: `aws.${source}`, ...at, call: { eventName: 'x', ...call } })
const elsewhere = { account: '444455556666', region: 'eu-west-1' }

it('a repository is told by its name, by its ARN where it is tagged, and only where repositories are', () => {
  const repository = { kind: 'repository', workload: 'pay/api' }
  const arn = 'arn:aws:ecr:eu-west-1:111122223333:repository/pay/api'
  expect(concerned('ecr', { requestParameters: { repositoryName: 'pay/api' } })).toEqual(repository)
  expect(concerned('ecr', { requestParameters: { resourceArn: arn } })).toEqual(repository)
  expect(concerned('ecr', { requestParameters: { repositoryName: 'pay/api' } }, elsewhere)).toBeUndefined()
  for (const name of ['pay', 'pay/api/more', '/api', '']) {
    expect(concerned('ecr', { requestParameters: { repositoryName: name } })).toBeUndefined()
  }
})

it('a role is told by a name of this installation, and is looked for in the account that the call was in', () => {
  const call = { requestParameters: { roleName: 'acme-dev-pay-api-12345678' } }
  expect(concerned('iam', call, elsewhere)).toEqual({
    kind: 'role',
    account: '444455556666',
    name: 'acme-dev-pay-api-12345678',
  })
  expect(concerned('iam', { requestParameters: { roleName: 'Admin' } })).toBeUndefined()
})

it('an entry is told by name and by ARN, with the place that the call was in', () => {
  const secret = { kind: 'secret', cluster: 'dev', workload: 'pay/api', ...elsewhere }
  const name = 'fairway/acme/dev/pay/api/stripe'
  const arn = `arn:aws:secretsmanager:eu-west-1:444455556666:secret:${name}-AbC123`
  for (const secretId of [name, arn]) {
    expect(concerned('secretsmanager', { requestParameters: { secretId } }, elsewhere)).toEqual(secret)
  }
})

it('an association is told by what is asked for when it is made, and by the answer when it is changed or removed', () => {
  const association = { kind: 'association', cluster: 'apps', workload: 'pay/api', ...place }
  const holder = { namespace: 'pay', serviceAccount: 'api' }
  for (const cluster of [{ name: 'apps' }, { clusterName: 'apps' }]) {
    expect(concerned('eks', { requestParameters: { ...cluster, ...holder }, responseElements: null })).toEqual(
      association,
    )
    const answered = { association: { clusterName: 'apps', associationId: 'a-1', ...holder } }
    const asked = { ...cluster, associationId: 'a-1' }
    expect(concerned('eks', { requestParameters: asked, responseElements: answered })).toEqual(association)
    expect(concerned('eks', { requestParameters: asked })).toBeUndefined()
  }
})

it('a refused call concerns nothing, and nothing that an event may hold is too much', () => {
  const call = { requestParameters: { roleName: 'acme-x' } }
  expect(concerned('iam', call)).toBeDefined()
  expect(concerned('iam', { ...call, errorCode: 'AccessDenied' })).toBeUndefined()
  const members = fc.option(
    fc.dictionary(
      fc.constantFrom('roleName', 'secretId', 'repositoryName', 'resourceArn', 'name', 'namespace', 'association'),
      fc.jsonValue(),
    ),
  )
  fc.assert(
    fc.property(
      fc.constantFrom('ecr', 'eks', 'iam', 'secretsmanager', 's3'),
      members,
      members,
      (source, requestParameters, responseElements) => {
        const found = concerned(source, { requestParameters, responseElements })
        if (found) expect(JSON.stringify(found)).not.toContain('null')
      },
    ),
  )
})
