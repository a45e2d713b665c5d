import { ControlPlane } from '../../infra/controlplane.ts'
import { MemberAccount } from '../../infra/memberaccount.ts'
import { namesOf } from '../../infra/names.ts'
import { stageNames } from '../../infra/stages.ts'
import { templateOf } from '../infra/template.ts'
import { accountAt, type Account } from './account.ts'
import type { Json } from './api.ts'
import type { Template } from './rewrite.ts'
import { createStack, type CreatedStack } from './stack.ts'

const installation = 'acme'
export const names = namesOf(installation)
/** The accounts and regions of examples/platform. */
export const home = { account: '100000000001', region: 'eu-west-1' }
export const away = { account: '200000000002', region: 'eu-central-1' }

/** A control plane, and a member account beside it. */
export interface Deployed {
  readonly aws: Account
  readonly stack: CreatedStack
  /** ARN of the key of credentials. */
  readonly key: string
  readonly there: Account
  readonly memberStack: CreatedStack
  readonly memberKey: string
  readonly templates: readonly (readonly [Template, CreatedStack])[]
}

export async function deploy(endpoint: string): Promise<Deployed> {
  const [aws, there] = [await accountAt(endpoint, home), await accountAt(endpoint, away)]
  const [controlPlane, member] = [controlPlaneTemplate(), memberTemplate()]
  const stack = await createStack(aws, names.base, controlPlane)
  const memberStack = await createStack(there, names.with('member'), member)
  return {
    aws,
    stack,
    key: stack.outputs['FairwayCredentialsKey'] ?? '',
    there,
    memberStack,
    memberKey: memberStack.outputs['FairwayCredentialsKey'] ?? '',
    templates: [
      [controlPlane, stack],
      [member, memberStack],
    ],
  }
}

export function functionArns(): readonly string[] {
  return stageNames.map((stage) => `arn:aws:lambda:${home.region}:${home.account}:function:${names.stage(stage)}`)
}

export function machineArn(name: string): string {
  return `arn:aws:states:${home.region}:${home.account}:stateMachine:${name}`
}

export function text(properties: Json, name: string): string {
  return String(properties[name])
}

export function texts(all: readonly Json[], name: string): readonly string[] {
  return all.map((properties) => text(properties, name)).toSorted()
}

export async function onlyApi({ api }: Account): Promise<string> {
  const { items } = (await api.rest('apigateway', 'GET', '/v2/apis')) as { readonly items: readonly Json[] }
  if (items.length !== 1) throw new Error(`there are ${items.length} APIs`)
  return text(items[0] ?? {}, 'apiId')
}

function controlPlaneTemplate(): Template {
  const sources = { gitSources: ['claims-services'], argocdClusters: ['dev'], members: [away.account] }
  return templateOf((stack) => new ControlPlane(stack, 'Fairway', { installation, ...sources })) as unknown as Template
}

function memberTemplate(): Template {
  const controlPlane = { controlPlaneAccount: home.account, controlPlaneRegion: home.region }
  const clusters = [{ name: 'apps-prod' }]
  return templateOf(
    (stack) => new MemberAccount(stack, 'Fairway', { installation, ...controlPlane, clusters }),
  ) as unknown as Template
}
