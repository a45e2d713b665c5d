import type { Ref } from '../domain/store.ts'

/**
 * Which of what is due is started now: a bounded queue without a queue. What waits is due on record, what is at work
 * has a lease, and each run of the sweep starts as much as there is room for.
 */

export interface StartLimits {
  /** Resources at work at once. What people asked for is started beside this by its own events. */
  readonly concurrent: number
}

export interface Due {
  readonly ref: Ref
  /** Epoch milliseconds */
  readonly since: number
  /** Somebody waits for it: declared, asked for, failed, or left behind; else drift, expiry, a look for an input. */
  readonly asked: boolean
  /** Those that take turns: a System's name. */
  readonly system: string
  /** What it works in: `<account>`, and `<account>/<service>` for what everybody shares. */
  readonly gates: readonly string[]
}

export type AtWork = Pick<Due, 'gates'>

/** Of each four that are started one is not asked for, if any such is due, so that nothing waits for ever. */
const othersShare = 4

/**
 * Pure. `turn` is the number of the run: with more Systems than room, each run goes on with the next ones. `shares`
 * are gates that are below full pace (domain/pace.ts): at least one at a time passes each.
 */
export function choose(
  due: readonly Due[],
  running: readonly AtWork[],
  { concurrent, turn }: StartLimits & { readonly turn: number },
  shares: ReadonlyMap<string, number> = new Map(),
): readonly Due[] {
  const free = concurrent - running.length
  if (free <= 0) return []
  const room = roomIn(shares, concurrent, running)
  const asked = inTurns(
    due.filter((each) => each.asked),
    turn,
  )
  const others = inTurns(
    due.filter((each) => !each.asked),
    turn,
  )
  // With room for less than four it is every fourth run's.
  const reserved = Math.floor(free / othersShare) || (turn % othersShare === 0 ? 1 : 0)
  const first = take(asked, free - reserved, room)
  const second = take(others, free - first.taken.length, room)
  const third = take(first.left, free - first.taken.length - second.taken.length, room)
  return [...first.taken, ...third.taken, ...second.taken]
}

/** Of the golden section: see below. */
const golden = (Math.sqrt(5) - 1) / 2

/**
 * Oldest first within a System, and one of each System in turn. Which is the first moves on by the golden section with
 * each run: so it comes to each of them, also where only every second or fourth run counts. A step that is a whole
 * number of Systems would go round among some of them for ever.
 */
function inTurns(due: readonly Due[], turn: number): readonly Due[] {
  const queues = new Map<string, Due[]>()
  for (const each of due.toSorted((a, b) => a.since - b.since)) {
    const queue = queues.get(each.system)
    if (queue) queue.push(each)
    else queues.set(each.system, [each])
  }
  const names = [...queues.keys()].toSorted()
  const start = Math.floor(((turn * golden) % 1) * names.length)
  const order = [...names.slice(start), ...names.slice(0, start)].map((name) => queues.get(name) ?? [])
  const longest = Math.max(0, ...order.map(({ length }) => length))
  return Array.from({ length: longest }, (_, round) => order.flatMap((queue) => queue[round] ?? [])).flat()
}

type Room = Map<string, number>

function roomIn(shares: ReadonlyMap<string, number>, concurrent: number, running: readonly AtWork[]): Room {
  const room = new Map([...shares].map(([gate, share]) => [gate, Math.max(1, Math.floor(concurrent * share))]))
  for (const { gates } of running) pass(room, gates)
  return room
}

function take(due: readonly Due[], most: number, room: Room): { readonly taken: Due[]; readonly left: Due[] } {
  const taken: Due[] = []
  const left: Due[] = []
  for (const each of due) {
    const passes = taken.length < most && each.gates.every((gate) => (room.get(gate) ?? 1) > 0)
    if (passes) pass(room, each.gates)
    ;(passes ? taken : left).push(each)
  }
  return { taken, left }
}

function pass(room: Room, gates: readonly string[]): void {
  for (const gate of gates) {
    const left = room.get(gate)
    if (left !== undefined) room.set(gate, left - 1)
  }
}
