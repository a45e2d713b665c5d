#!/usr/bin/env node
import { App, Stack } from 'aws-cdk-lib'
import { ControlPlane } from '../infra/controlplane.ts'
import { MemberAccount } from '../infra/memberaccount.ts'
import { MemberRegion } from '../infra/memberregion.ts'

/**
 * One stack, in the account and region that the command is run with. Settings come from the context (`--context
 * installation=acme`, or cdk.json); for more than these, use the constructs in an app of your own.
 *
 * - the control plane, when nothing else is said;
 * - `controlPlaneAccount=<id>`: an account that holds clusters;
 * - `furtherRegion=true`: one more region, of the control plane's account (with `controlPlaneAccount`) or of another.
 */
const app = new App()
const installation = text('installation') ?? 'main'
const disposable = flag('disposable') ?? false
const controlPlaneAccount = text('controlPlaneAccount')

if (flag('furtherRegion') ?? false) furtherRegion()
else if (controlPlaneAccount === undefined) controlPlane()
else memberAccount(controlPlaneAccount)

function controlPlane(): void {
  const stack = new Stack(app, `fairway-${installation}`, { description: `Fairway, installation ${installation}` })
  new ControlPlane(stack, 'Fairway', {
    installation,
    ...listed('natsOperators'),
    ...listed('gitSources'),
    ...listed('argocdClusters'),
    ...listed('members'),
    ...placements(),
    disposable,
  })
}

function memberAccount(account: string): void {
  const description = `Fairway, clusters for the installation ${installation} of ${account}`
  const stack = new Stack(app, `fairway-${installation}-member`, { description })
  new MemberAccount(stack, 'Fairway', { ...controlPlaneAt(account), ...placements() })
}

function furtherRegion(): void {
  if (controlPlaneAccount === undefined) {
    throw new Error('for a further region, say the account of the control plane: --context controlPlaneAccount=<id>')
  }
  const description = `Fairway, a region for the installation ${installation} of ${controlPlaneAccount}`
  const stack = new Stack(app, `fairway-${installation}-region`, { description })
  new MemberRegion(stack, 'Fairway', controlPlaneAt(controlPlaneAccount))
}

function controlPlaneAt(account: string) {
  const region = text('controlPlaneRegion')
  const key = flag('key')
  return {
    installation,
    controlPlaneAccount: account,
    ...(region === undefined ? {} : { controlPlaneRegion: region }),
    ...(key === undefined ? {} : { key }),
    disposable,
  }
}

/** What accounts that hold clusters have in common, the control plane's and others. */
function placements() {
  const externalId = text('externalId')
  return {
    ...listed('regions'),
    ...listed('secretsKeys'),
    ...(externalId === undefined ? {} : { externalId }),
    clusters: (list('clusters') ?? []).map((name) => ({ name, association: true })),
  }
}

function text(name: string): string | undefined {
  const value = app.node.tryGetContext(name) as string | boolean | undefined
  return value === undefined || value === '' ? undefined : String(value)
}

function flag(name: string): boolean | undefined {
  const value = text(name)
  return value === undefined ? undefined : value === 'true'
}

/** Separated by commas. */
function list(name: string): string[] | undefined {
  return text(name)
    ?.split(',')
    .map((each) => each.trim())
}

function listed<Name extends string>(name: Name): { readonly [Property in Name]?: string[] } {
  const value = list(name)
  return (value === undefined ? {} : { [name]: value }) as { readonly [Property in Name]?: string[] }
}
