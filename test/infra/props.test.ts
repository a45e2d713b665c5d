import { CfnParameter, App, Duration, Stack } from 'aws-cdk-lib'
import { describe, expect, it } from 'vitest'
import { ControlPlane, type ControlPlaneProps } from '../../infra/controlplane.ts'

function made(props: Partial<ControlPlaneProps>): () => ControlPlane {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
  return () => new ControlPlane(new Stack(app, 'Stack'), 'Fairway', { installation: 'acme', ...props })
}

describe('what a control plane is given is checked when it is made', () => {
  const wrong: readonly (readonly [Partial<ControlPlaneProps>, string])[] = [
    [{ gitSources: ['Quotes'] }, 'gitSources: "Quotes" must be lower-case letters'],
    [{ gitSources: ['a/b'] }, 'gitSources: "a/b" must be'],
    [{ argocdClusters: ['dev', 'prod', 'dev'] }, 'argocdClusters: "dev" is there twice'],
    [{ natsOperators: [''] }, 'natsOperators: "" must be'],
    [{ brakeWorkloads: -1 }, 'brakeWorkloads: -1 is not a whole number from 0'],
    [{ concurrent: 0 }, 'concurrent: 0 is not a whole number from 1 to 1000'],
    [{ brakeWorkloads: 1.5 }, 'brakeWorkloads: 1.5 is not'],
    [{ brakeSystemPercent: 101 }, 'brakeSystemPercent: 101 is not a number from 0 to 100'],
    [{ secretRecoveryDays: 6 }, 'secretRecoveryDays: 6 is not a whole number from 7 to 30'],
    [{ secretRecoveryDays: 31 }, 'secretRecoveryDays: 31 is not'],
    [{ throttle: { rate: 0, burst: 5 } }, 'throttle.rate: 0 is not a number above 0'],
    [{ throttle: { rate: 5, burst: 0 } }, 'throttle.burst: 0 is not a whole number from 1'],
    [{ operationThrottle: { rate: Number.NaN, burst: 5 } }, 'operationThrottle.rate'],
    [{ archiveRetention: Duration.hours(36) }, 'archiveRetention: 129600 is not whole days'],
    [{ archiveRetention: Duration.days(0) }, 'archiveRetention'],
    [{ unreadyAfter: Duration.minutes(5) }, 'unreadyAfter: 300 is not at least 15 minutes'],
    [{ sourcesEvery: Duration.seconds(90) }, 'sourcesEvery: 90 is not whole minutes, from 1 minute to a day'],
    [{ overlap: { most: Duration.seconds(0) } }, 'overlap.most: 0 is not a time'],
    [{ overlap: { least: Duration.hours(25) } }, 'overlap.least: 90000 is not in seconds, at most overlap.most'],
    [{ overlap: { least: Duration.hours(2), most: Duration.hours(1) } }, 'overlap.least'],
    [{ portUrl: 'http://api.port.io' }, 'portUrl: "http://api.port.io" is not an https address'],
    [{ portUrl: 'https://api.port.io/' }, 'without a slash'],
    [{ githubUrl: 'github.example.com' }, 'githubUrl'],
    [{ commitAuthor: { name: 'A <b>', email: 'a@b' } }, 'commitAuthor.name'],
    [{ commitAuthor: { name: 'A\nB', email: 'a@b' } }, 'commitAuthor.name'],
    [{ commitAuthor: { name: 'A', email: 'nobody' } }, 'commitAuthor.email'],
    [{ externalId: 'a b' }, 'externalId'],
    [{ secretsKeys: ['alias/x'] }, 'secretsKeys: "alias/x" is not the ARN of a KMS key'],
  ]
  it.each(wrong)('%j is refused, and says why', (props, message) => {
    expect(made(props)).toThrow(message)
  })

  it('everything that is wrong is said at once', () => {
    const props = { brakeWorkloads: -1, secretRecoveryDays: 1, gitSources: ['X'] }
    expect(made(props)).toThrow(/gitSources: .*; brakeWorkloads: .*; secretRecoveryDays: /)
  })

  it('what CloudFormation fills in later is not looked at', () => {
    const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Stack')
    const portUrl = new CfnParameter(stack, 'Port').valueAsString
    expect(() => new ControlPlane(stack, 'Fairway', { installation: 'acme', portUrl })).not.toThrow()
  })

  it('the installation’s name alone is enough', () => {
    expect(made({})).not.toThrow()
  })
})
