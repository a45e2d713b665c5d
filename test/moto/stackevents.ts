import {
  DescribeArchiveCommand,
  DescribeEventBusCommand,
  ListRulesCommand,
  ListTargetsByRuleCommand,
} from '@aws-sdk/client-eventbridge'
import { expect, it } from 'vitest'
import { rules } from '../../infra/rules.ts'
import type { Account } from './account.ts'
import type { Json } from './api.ts'
import { away, functionArns, home, machineArn, names, text, type Deployed } from './deployed.ts'
import { plainStatements } from './policies.ts'

/** What starts what. */
export function eventRules(world: () => Deployed): void {
  it('makes the bus and its archive, and rules that start the machines with what is theirs', async () => {
    const { aws } = world()
    const { Arn: bus } = await aws.eventBridge.send(new DescribeEventBusCommand({ Name: names.base }))
    const archive = await aws.eventBridge.send(new DescribeArchiveCommand({ ArchiveName: names.base }))
    expect(archive).toMatchObject({ EventSourceArn: bus, RetentionDays: 14 })
    const { Rules = [] } = await aws.eventBridge.send(new ListRulesCommand({ EventBusName: names.base }))
    expect(Rules.filter(({ State }) => State === 'ENABLED')).toHaveLength(Rules.length)
    for (const rule of rules) {
      const found = Rules.find(({ Name }) => Name === names.with(rule.name))
      expect(JSON.parse(found?.EventPattern ?? '{}'), rule.name).toMatchObject(rule.pattern)
      const command = new ListTargetsByRuleCommand({ Rule: names.with(rule.name), EventBusName: names.base })
      const { Targets = [] } = await aws.eventBridge.send(command)
      expect(Targets.map(({ Arn }) => Arn)).toEqual([machineArn(names.machine(rule.machine))])
      expect(Targets[0]?.RoleArn).toMatch(new RegExp(`^arn:aws:iam::${home.account}:role/`))
      expect(Targets[0]?.DeadLetterConfig?.Arn).toMatch(new RegExp(`:${names.with('undelivered')}$`))
    }
  })

  it('forwards events of AWS services from the default bus, and changes from the member account', async () => {
    const { aws, there } = world()
    const forwarded = async ({ eventBridge }: Account) => {
      const { Rules = [] } = await eventBridge.send(new ListRulesCommand({}))
      const targets = Rules.map(
        async ({ Name }) => (await eventBridge.send(new ListTargetsByRuleCommand({ Rule: Name }))).Targets,
      )
      return (await Promise.all(targets)).flatMap((of = []) => of.map(({ Arn }) => Arn))
    }
    const bus = `arn:aws:events:${home.region}:${home.account}:event-bus/${names.base}`
    for (const account of [aws, there]) {
      const targets = await forwarded(account)
      expect(targets.length).toBeGreaterThan(0)
      expect(new Set(targets)).toEqual(new Set([bus]))
    }
    const policy = await aws.eventBridge.send(new DescribeEventBusCommand({ Name: names.base }))
    expect(policy.Policy).toContain(away.account)
  })

  it('keeps what cannot be delivered for two weeks, encrypted, from senders with TLS only', async () => {
    const { aws, there, stack, memberStack } = world()
    for (const [{ api }, created] of [
      [aws, stack],
      [there, memberStack],
    ] as const) {
      for (const queue of created.ofType('AWS::SQS::Queue')) {
        const { QueueUrl } = await api.json('sqs', 'AmazonSQS.GetQueueUrl', { QueueName: queue['QueueName'] })
        const asked = { QueueUrl, AttributeNames: ['All'] }
        const { Attributes } = await api.json('sqs', 'AmazonSQS.GetQueueAttributes', asked)
        expect(Attributes).toMatchObject({ MessageRetentionPeriod: '1209600', SqsManagedSseEnabled: 'true' })
        const [tls] = plainStatements(text(Attributes as Json, 'Policy'))
        expect(tls).toMatchObject({ effect: 'Deny', conditions: { Bool: { 'aws:SecureTransport': ['false'] } } })
      }
    }
  })

  it('makes the schedules of the sweep, which call functions that are there', async () => {
    const { aws, stack } = world()
    const schedules = stack.ofType('AWS::Scheduler::Schedule')
    expect(schedules.length).toBeGreaterThan(1)
    for (const { Name, GroupName } of schedules) {
      const made = await aws.api.rest('scheduler', 'GET', `/schedules/${String(Name)}?groupName=${String(GroupName)}`)
      expect(made).toMatchObject({ State: 'ENABLED', GroupName: names.base })
      expect(functionArns()).toContain((made['Target'] as Json)['Arn'])
    }
  })
}
