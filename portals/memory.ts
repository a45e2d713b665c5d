import type { Portal, PortalAnswer, PortalEntity, PortalRun } from '../domain/portal.ts'

export interface MemoryPortal extends Portal {
  /** A run that somebody started. */
  start(run: Omit<PortalRun, 'finished'>): void
  answerOf(run: string): PortalAnswer | undefined
  entity(blueprint: string, identifier: string): PortalEntity | undefined
  /** Calls that changed something, or would have. */
  readonly writes: number
}

/** The portal's behaviour without a portal: the first answer ends a run, entities merge. */
export function memoryPortal(): MemoryPortal {
  const runs = new Map<string, Omit<PortalRun, 'finished'>>()
  const answers = new Map<string, PortalAnswer>()
  const entities = new Map<string, PortalEntity>()
  const keyOf = (blueprint: string, identifier: string) => JSON.stringify([blueprint, identifier])
  let writes = 0
  return {
    start: (run) => void runs.set(run.id, structuredClone(run)),
    answerOf: (run) => answers.get(run),
    entity: (blueprint, identifier) => entities.get(keyOf(blueprint, identifier)),
    get writes() {
      return writes
    },
    readRun: async (id) => {
      const run = runs.get(id)
      return run && { ...structuredClone(run), finished: answers.has(id) }
    },
    answer: async (run, answer) => {
      writes++
      if (runs.has(run) && !answers.has(run)) answers.set(run, structuredClone(answer))
    },
    upsert: async (entity) => {
      writes++
      const key = keyOf(entity.blueprint, entity.identifier)
      const before = entities.get(key)
      entities.set(key, {
        ...structuredClone(entity),
        properties: { ...before?.properties, ...structuredClone(entity.properties) },
        relations: { ...before?.relations, ...structuredClone(entity.relations) },
      })
    },
  }
}
