import { App, Stack } from 'aws-cdk-lib'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { readFileSync } from 'node:fs'
import { ControlPlane } from '../../infra/controlplane.ts'
import { MemberAccount } from '../../infra/memberaccount.ts'
import { MemberRegion } from '../../infra/memberregion.ts'

/** One of everything that Fairway deploys, with every optional part, for rules that hold for all of it. */

const settings = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  readonly context: Record<string, unknown>
}

export const stackNames = ['control-plane', 'member-account', 'member-region'] as const
export type StackName = (typeof stackNames)[number]

const installation = 'acme'
const controlPlaneAccount = '111111111111'

/** Settings of cdk.json, and no bundling: the functions' code is the bundle tests' matter. */
export function everything(outdir?: string): {
  readonly app: App
  readonly stacks: Readonly<Record<StackName, Stack>>
} {
  const context = { ...settings.context, 'aws:cdk:bundling-stacks': [] }
  const app = new App({ context, ...(outdir === undefined ? {} : { outdir }) })
  const stacks = Object.fromEntries(stackNames.map((name) => [name, new Stack(app, name)])) as Record<StackName, Stack>
  new ControlPlane(stacks['control-plane'], 'Fairway', {
    installation,
    natsOperators: ['main', 'edge'],
    gitSources: ['quotes'],
    argocdClusters: ['dev'],
    members: ['222222222222', '333333333333'],
    regions: ['eu-west-1', 'eu-central-1'],
    clusters: [{ name: 'apps-dev' }],
    alarmTopic: Topic.fromTopicArn(
      stacks['control-plane'],
      'Topic',
      `arn:aws:sns:eu-west-1:${controlPlaneAccount}:told`,
    ),
  })
  new MemberAccount(stacks['member-account'], 'Fairway', {
    installation,
    controlPlaneAccount,
    controlPlaneRegion: 'eu-west-1',
    clusters: [{ name: 'apps-prod', association: true }],
  })
  new MemberRegion(stacks['member-region'], 'Fairway', { installation, controlPlaneAccount })
  return { app, stacks }
}
