import type { Clock } from '../../domain/effects.ts'

/** A call to the outside, with when it began and ended on the clock that it takes its time from. */
export interface Trip {
  readonly service: string
  readonly operation: string
  readonly from: number
  readonly to: number
}

/** How many sequential round trips an operation takes; 0 for what never leaves the process. */
export type TripsOf = (operation: string, input: readonly unknown[]) => number

export interface RoundTrips {
  readonly trips: readonly Trip[]
  reset(): void
  /** The same port, each call of which takes as many units of time as it takes sequential round trips. */
  over<Port extends object>(service: string, port: Port, trips?: TripsOf): Port
  /** The same for the clients of each place. */
  overClients<Clients extends object>(clients: Clients): Clients
}

/** `unit`: milliseconds of the clock for one round trip. */
export function roundTrips(clock: Clock, unit: number): RoundTrips {
  const trips: Trip[] = []
  const over: RoundTrips['over'] = (service, port, tripsOf = () => 1) =>
    methodsOf(port, (operation, call, input) => {
      const name = operation === 'send' ? commandOf(input[0]) : operation
      const count = tripsOf(name, input)
      if (count === 0) return call()
      // Before the call: what it starts at the other end starts when it has arrived there, and not earlier.
      const from = clock.now()
      return clock.sleep(unit * count).then(() => {
        trips.push({ service, operation: name, from, to: clock.now() })
        return call()
      })
    })
  return {
    trips,
    reset: () => void trips.splice(0),
    over,
    overClients: (clients) =>
      methodsOf(clients, (service, call) => {
        const client = call()
        return typeof client === 'object' && client !== null ? over(service, client) : client
      }),
  }
}

/** From the last call back to the first: each time the call that ended last before this one began. */
export function criticalPath(trips: readonly Trip[], last: Trip): readonly Trip[] {
  const path = [last]
  for (let at = last; ;) {
    const before = trips.filter((trip) => trip.to <= at.from && trip.to > trip.from)
    const [latest] = before.toSorted((a, b) => b.to - a.to || b.from - a.from)
    if (latest === undefined) return path.toReversed()
    path.push(latest)
    at = latest
  }
}

function methodsOf<Port extends object>(
  port: Port,
  around: (operation: string, call: () => unknown, input: readonly unknown[]) => unknown,
): Port {
  return new Proxy(port, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property)
      if (typeof member !== 'function') return member
      return (...input: unknown[]) => around(String(property), () => member.apply(target, input) as unknown, input)
    },
  })
}

function commandOf(command: unknown): string {
  return (command as object).constructor.name.replace(/Command$/, '')
}
