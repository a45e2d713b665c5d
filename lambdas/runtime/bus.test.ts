import type { PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { describe, expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import type { FairwayEvent } from '../../domain/events.ts'
import { eventBridge } from './bus.ts'

function client(answers: readonly object[]) {
  const sent: PutEventsCommand['input'][] = []
  const send = (command: PutEventsCommand) => {
    sent.push(command.input)
    return Promise.resolve(answers[sent.length - 1] ?? { FailedEntryCount: 0 })
  }
  return { sent, client: { send } as never }
}

const events = (count: number) =>
  Array.from({ length: count }, (_, index): FairwayEvent => ({
    type: 'WorkloadChanged',
    detail: { workload: `a/w${index}`, reason: 'test' },
  }))

describe('the event bus', () => {
  it('puts at most ten entries in a call, in order, each with its reference only', async () => {
    const { sent, client: eventbridge } = client([])
    await eventBridge(eventbridge, 'bus').publish(events(23))
    expect(sent.map(({ Entries }) => Entries?.length)).toEqual([10, 10, 3])
    expect(sent[2]?.Entries?.[2]).toEqual({
      EventBusName: 'bus',
      Source: 'fairway',
      DetailType: 'WorkloadChanged',
      Detail: '{"workload":"a/w22","reason":"test"}',
    })
  })

  it('is all or RetryLater: a call that succeeded may still have refused entries', async () => {
    const { client: eventbridge } = client([{ FailedEntryCount: 1 }])
    await expect(eventBridge(eventbridge, 'bus').publish(events(2))).rejects.toBeInstanceOf(RetryLater)
  })

  it('says nothing when there is nothing to say', async () => {
    const { sent, client: eventbridge } = client([])
    await eventBridge(eventbridge, 'bus').publish([])
    expect(sent).toEqual([])
  })
})
