#!/usr/bin/env node
import { App, Stack } from 'aws-cdk-lib'
import { ControlPlane } from '../infra/controlplane.ts'

/**
 * One control plane in the account and region that the command is run with. Settings come from the context
 * (`--context installation=acme`, or cdk.json); for more than these, use `ControlPlane` in an app of your own.
 */
const app = new App()
const installation = text('installation') ?? 'main'
const stack = new Stack(app, `fairway-${installation}`, { description: `Fairway, installation ${installation}` })
new ControlPlane(stack, 'Fairway', {
  installation,
  ...listed('natsOperators'),
  ...listed('gitSources'),
  ...listed('argocdClusters'),
  disposable: text('disposable') === 'true',
})

function text(name: string): string | undefined {
  const value = app.node.tryGetContext(name) as string | boolean | undefined
  return value === undefined || value === '' ? undefined : String(value)
}

/** Separated by commas. */
function listed(name: 'natsOperators' | 'gitSources' | 'argocdClusters') {
  const value = text(name)
  return value === undefined ? {} : { [name]: value.split(',').map((each) => each.trim()) }
}
