import type { FairwayEvent } from '../../domain/events.ts'
import { accepted, failed, ignored, repeated, type IntakeAnswer, type IntakePorts } from './request.ts'

export interface Delivery {
  /** Unique over all senders. */
  readonly id: string
  /** Looks up what it is about; undefined when nothing registered is concerned. */
  readonly find: () => Promise<FairwayEvent | undefined>
  /** What has to be on record before the event says *look*. */
  readonly record?: (event: FairwayEvent) => Promise<unknown>
}

/**
 * One event for one delivery, however often it arrives: begin, publish, confirm. The look-up runs beside `begin`
 * because both only read or mark; when it finds nothing, or publishing fails, the mark is taken back, so that a
 * redelivery is taken.
 */
export async function accept(ports: IntakePorts, delivery: Delivery): Promise<IntakeAnswer> {
  const { deliveries } = ports.store
  const [begun, found] = await Promise.allSettled([deliveries.begin(delivery.id), delivery.find()])
  if (begun.status === 'rejected') return failed(begun.reason)
  if (begun.value === 'seen') return repeated
  const abandon = () => deliveries.abandon(delivery.id)
  if (found.status === 'rejected') return giveUp(abandon, found.reason)
  const event = found.value
  if (event === undefined) {
    await abandon()
    return ignored('no registered source is concerned')
  }
  try {
    await delivery.record?.(event)
    await ports.bus.publish([event])
  } catch (error) {
    return giveUp(abandon, error)
  }
  try {
    await deliveries.confirm(delivery.id)
  } catch (cause) {
    // The event is out: asking for the delivery again would only double it.
    return { ...accepted, cause }
  }
  return accepted
}

async function giveUp(abandon: () => Promise<void>, cause: unknown): Promise<IntakeAnswer> {
  try {
    await abandon()
    return failed(cause)
  } catch (error) {
    return failed(new AggregateError([cause, error], 'a delivery was neither accepted nor given back'))
  }
}
