import { describe, expect, it } from 'vitest'
import type { Memory, PlacementSubject } from '../../domain/capability.ts'
import { RetryLater, Terminal } from '../../domain/errors.ts'
import { branch, place, platform, specs, workload } from './fixture.ts'
import { lookAtPages } from './pages.ts'
import type { Difference, FleetCapability, Sight } from './sight.ts'

type Subject = PlacementSubject<never>
const deleted: Difference = { kind: 'role-deleted', where: 'arn', what: 'create it' }

/** A capability whose pages show these things, each reading the next of them, and that finds what it is told to. */
function capability(
  name: string,
  pages: readonly (readonly string[] | Error)[],
  of: Sight<Subject>['of'] = () => ({ accounts: [], differences: () => [] }),
): FleetCapability<Subject> & { readonly readings: () => number } {
  let readings = 0
  return {
    name,
    per: 'placement',
    readings: () => readings,
    async see() {
      const things = pages[Math.min(readings++, pages.length - 1)] ?? []
      if (things instanceof Error) throw things
      return { of, owned: () => things.map((id) => ({ id, what: `role ${id}` })) }
    },
  }
}

const look = (...all: readonly FleetCapability<Subject>[]) =>
  lookAtPages({ specs, capabilities: () => all })(platform(), place)
const unknown = () => false

describe('pages of a place', () => {
  it('are compared with what each placement wants, and say by whom and where', async () => {
    const comparison = await look(capability('iam', [[]], () => ({ accounts: [], differences: () => [deleted] })))
    const record = workload('one')
    expect(comparison.size(record)).toBe(1)
    expect(comparison.compare(record, 0)).toEqual([
      { ...deleted, capability: 'iam', cluster: 'dev', resource: { kind: 'Workload', name: 'claims/one' } },
    ])
    expect(comparison.leftovers(record, 0)).toEqual([])
  })

  it('that one capability cannot read hold up no other one', async () => {
    const found = capability('secrets', [[]], () => ({ accounts: [], differences: () => [deleted] }))
    const comparison = await look(capability('iam', [new RetryLater('throttled')]), found)
    expect(comparison.compare(workload('one'), 0)).toHaveLength(1)
    expect(comparison.failures()).toEqual([
      { capability: 'iam', failure: { type: 'RetryLater', message: 'throttled' } },
    ])
  })

  it('that say nothing about some resources are told once, with how many these are', async () => {
    const silent = capability('nats', [[]], (subject) => ({
      accounts: [],
      differences: () => {
        if (subject.workload === 'one') return [deleted]
        throw new RetryLater('a server is silent')
      },
    }))
    const broken = capability('iam', [[]], () => {
      throw new Terminal('no issuer is declared')
    })
    const comparison = await look(silent, broken)
    const found = ['one', 'two', 'three'].flatMap((name) => comparison.compare(workload(name), 0))
    expect(found).toHaveLength(1)
    expect(comparison.failures()).toMatchObject([
      { capability: 'iam', resource: 'claims/one', resources: 3 },
      { capability: 'nats', resource: 'claims/two', resources: 2 },
    ])
  })

  it('show what a placement left, and whoever it belongs to is asked without a spec', async () => {
    const asked: [Subject, Memory][] = []
    const comparison = await look(
      capability('iam', [['arn']], (subject, memory) => {
        asked.push([subject, memory])
        return { accounts: [], differences: () => [{ kind: 'due', where: 'arn', what: 'delete it' }] }
      }),
    )
    const claims = { 'iam/dev/role': { id: 'arn', incarnation: 1 } }
    const left = workload('one', { claims, spec: { environments: {} } })
    expect(comparison.leftovers(left, 0)).toMatchObject([{ kind: 'orphan', where: 'arn', cluster: 'dev' }])
    expect(asked).toMatchObject([[{ workload: 'one' }, { claims: { role: { id: 'arn' } } }]])
    expect(asked[0]?.[0]).not.toHaveProperty('spec')
    expect(comparison.leftovers(workload('two', { spec: { environments: {} } }), 0)).toEqual([])
  })
})

describe('an orphan', () => {
  it('is what no record accounts for, wanted, claimed or only left out of the comparison', async () => {
    const pages = ['wanted', 'claimed', 'skipped', 'skipped-claim', 'ghost']
    const comparison = await look(
      capability('iam', [pages], ({ workload: name }) => ({
        accounts: name === 'one' ? ['wanted'] : ['skipped'],
        differences: () => [],
      })),
    )
    comparison.compare(workload('one', { claims: { 'iam/dev/role': { id: 'claimed', incarnation: 1 } } }), 0)
    comparison.accountFor(workload('two', { claims: { 'iam/-/role': { id: 'skipped-claim', incarnation: 1 } } }))
    expect((await comparison.orphans(unknown)).map(({ where }) => where)).toEqual(['ghost'])
  })

  it('is no secret of a record of which it cannot be said what it wants: people are told to delete orphans', async () => {
    const broken = capability(
      'nats',
      [['fairway/acme/dev/claims/one/nats', 'fairway/acme/dev/claims/ghost/nats']],
      () => {
        throw new Terminal('the System has no NATS')
      },
    )
    const comparison = await look(broken)
    const id = 'arn:aws:secretsmanager:eu-west-1:222222222222:secret:fairway/acme/dev/claims/one/nats-AbC123'
    comparison.compare(workload('one', { claims: { 'nats/dev/secret': { id, incarnation: 1 } } }), 0)
    const found = await comparison.orphans(unknown)
    expect(found.map(({ where }) => where)).toEqual(['fairway/acme/dev/claims/ghost/nats'])
  })

  it('is looked for once more, because what has just been retired was there when the pages were read', async () => {
    const iam = capability('iam', [['ghost', 'retired'], ['ghost']])
    const comparison = await look(iam)
    expect((await comparison.orphans(unknown)).map(({ where }) => where)).toEqual(['ghost'])
    expect(iam.readings()).toBe(2)
  })

  it('that the look before reported costs no further reading', async () => {
    const iam = capability('iam', [['ghost']])
    const comparison = await look(iam)
    expect(await comparison.orphans(({ where }) => where === 'ghost')).toMatchObject([
      { kind: 'orphan', capability: 'iam' },
    ])
    expect(iam.readings()).toBe(1)
  })

  it('is not reported where the pages could not be read again', async () => {
    const comparison = await look(capability('iam', [['ghost'], new RetryLater('throttled')]))
    expect(await comparison.orphans(unknown)).toEqual([])
    expect(comparison.failures()).toHaveLength(1)
  })
})

it('a branch is nothing that has pages', async () => {
  await expect(lookAtPages({ specs, capabilities: () => [] })(platform(), branch)).rejects.toThrow('no pages')
})
