import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { callAws } from '../../domain/awserrors.ts'
import { RetryLater } from '../../domain/errors.ts'
import { eventSource, type EventBus, type FairwayEvent } from '../../domain/events.ts'

/** PutEvents takes at most ten entries: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const batch = 10

export function eventBridge(client: Pick<EventBridgeClient, 'send'>, name: string): EventBus {
  return {
    async publish(events) {
      for (let start = 0; start < events.length; start += batch) {
        await put(client, name, events.slice(start, start + batch))
      }
    },
  }
}

async function put(
  client: Pick<EventBridgeClient, 'send'>,
  EventBusName: string,
  events: readonly FairwayEvent[],
): Promise<void> {
  const Entries = events.map(({ type, detail }) => ({
    EventBusName,
    Source: eventSource,
    DetailType: type,
    Detail: JSON.stringify(detail),
  }))
  const answer = await callAws('publish events', () => client.send(new PutEventsCommand({ Entries })))
  // A call that succeeds may still have refused entries; publishing all of them again is harmless.
  if (answer.FailedEntryCount)
    throw new RetryLater(`${answer.FailedEntryCount} events were not taken by ${EventBusName}`)
}
