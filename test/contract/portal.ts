import { describe, expect, it } from 'vitest'
import type { Portal, PortalAnswer, PortalEntity } from '../../domain/portal.ts'

/** One implementation, with the portal's own side of it: what people do there, and what they see. */
export interface PortalBed {
  readonly portal: Portal
  /** A person who is in the team `quotes-team` runs an action. */
  start(action: string, inputs: Readonly<Record<string, unknown>>): Promise<string>
  /** Somebody whom the portal does not know, such as a machine, runs an action. */
  startByStranger(action: string): Promise<string>
  answerOf(run: string): Promise<PortalAnswer | undefined>
  entity(blueprint: string, identifier: string): Promise<PortalEntity | undefined>
  writes(): number
}

const success: PortalAnswer = {
  outcome: 'SUCCESS',
  label: 'Ready',
  log: ['policy-admin/quotes, generation 1: Ready', 'dev: commit abc'],
  link: 'https://git.example.com/dev/commit/abc',
}

const entity: PortalEntity = {
  blueprint: 'fairway_workload',
  identifier: 'policy-admin/quotes',
  title: 'policy-admin/quotes',
  properties: { phase: 'Pending', generation: 1 },
  relations: { system: 'policy-admin' },
}

export function portalContract(name: string, open: () => Promise<PortalBed>): void {
  describe(`a portal: ${name}`, () => {
    it('a run that the portal does not know is undefined, whatever its id looks like', async () => {
      const { portal } = await open()
      expect(await portal.readRun('r_nobody')).toBeUndefined()
      expect(await portal.readRun('../users?x=1#y')).toBeUndefined()
    })

    it('a run comes back with its inputs, its initiator and the teams that the portal knows, not those of the form', async () => {
      const bed = await open()
      const inputs = {
        name: 'quotes',
        teams: ['admins'],
        initiator: 'root@example.com',
        nested: { list: [1, null, 'ü'] },
      }
      const id = await bed.start('fairway_declare_workload', inputs)
      expect(await bed.portal.readRun(id)).toEqual({
        id,
        action: 'fairway_declare_workload',
        initiator: 'ada@example.com',
        teams: ['quotes-team'],
        inputs,
        finished: false,
      })
    })

    it('somebody whom the portal does not know is in no team', async () => {
      const bed = await open()
      const id = await bed.startByStranger('fairway_declare_workload')
      expect(await bed.portal.readRun(id)).toMatchObject({ id, teams: [] })
    })

    it('an answer ends the run, with its log in order and its link', async () => {
      const bed = await open()
      const id = await bed.start('fairway_declare_workload', { name: 'quotes' })
      await bed.portal.answer(id, success)
      expect(await bed.answerOf(id)).toEqual(success)
      expect(await bed.portal.readRun(id)).toMatchObject({ finished: true })
    })

    it('an answer without log and link is one', async () => {
      const bed = await open()
      const id = await bed.start('fairway_retire_workload', { workload: 'a/b' })
      await bed.portal.answer(id, { outcome: 'FAILURE', label: 'Refused', log: [] })
      expect(await bed.answerOf(id)).toEqual({ outcome: 'FAILURE', label: 'Refused', log: [] })
    })

    it('the first answer stands: answering again is no error and changes nothing', async () => {
      const bed = await open()
      const id = await bed.start('fairway_declare_workload', { name: 'quotes' })
      await bed.portal.answer(id, success)
      await bed.portal.answer(id, success)
      await bed.portal.answer(id, { outcome: 'FAILURE', label: 'Failed', log: ['late'] })
      expect(await bed.answerOf(id)).toEqual(success)
    })

    it('a run that the portal has forgotten needs no answer', async () => {
      const bed = await open()
      await expect(bed.portal.answer('r_nobody', success)).resolves.toBeUndefined()
    })

    it('an entity is created, then changed in what is given', async () => {
      const bed = await open()
      await bed.portal.upsert(entity)
      expect(await bed.entity('fairway_workload', 'policy-admin/quotes')).toEqual(entity)
      await bed.portal.upsert({ ...entity, properties: { phase: 'Ready' }, relations: {} })
      expect(await bed.entity('fairway_workload', 'policy-admin/quotes')).toEqual({
        ...entity,
        properties: { phase: 'Ready', generation: 1 },
      })
    })

    it('the same identifier under another blueprint is another entity', async () => {
      const bed = await open()
      await bed.portal.upsert(entity)
      expect(await bed.entity('fairway_placement', 'policy-admin/quotes')).toBeUndefined()
    })

    it('reading writes nothing', async () => {
      const bed = await open()
      const id = await bed.start('fairway_declare_workload', { name: 'quotes' })
      await bed.portal.readRun(id)
      await bed.portal.readRun('r_nobody')
      expect(bed.writes()).toBe(0)
      await bed.portal.upsert(entity)
      expect(bed.writes()).toBe(1)
    })
  })
}
