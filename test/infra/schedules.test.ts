import { Duration } from 'aws-cdk-lib'
import { expect, it } from 'vitest'
import { namesOf } from '../../infra/names.ts'
import { account, installation, region, synthesise } from './template.ts'

const names = namesOf(installation)

it.each([
  [undefined, 'rate(10 minutes)'],
  [Duration.hours(1), 'rate(1 hour)'],
])('the heads of sources are looked at by the function that reads them, as often as was said (%s)', (every, rate) => {
  const stack = synthesise(every === undefined ? {} : { sourcesEvery: every })
  const schedules = stack.ofType('AWS::Scheduler::Schedule').map(({ Properties }) => Properties)
  const Properties = schedules.find(({ Name }) => Name === names.with('sources')) ?? {}
  const target = Properties['Target'] as { readonly Arn: string; readonly Input: string; readonly RoleArn: string }
  const called = `arn:aws:lambda:${region}:${account}:function:${names.stage('source')}`
  expect(Properties['ScheduleExpression']).toBe(rate)
  expect(target).toMatchObject({ Arn: called, Input: '{"operation":"heads"}' })
  const role = stack.ofType('AWS::IAM::Role').find(({ id }) => target.RoleArn.includes(id))
  expect(JSON.stringify(role?.Properties['Policies'])).toContain(called)
})
