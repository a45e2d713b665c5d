import { expect, test } from 'vitest'
import { type StoreFixture, declared, held, quotes, repository, system } from './store-fixture.ts'

const ada = { who: 'arn:aws:sts::111111111111:assumed-role/Platform/ada', what: 'apply quotes.yaml' }

/** Who did what is on the resource, and what people ask of it is not lost. */
export function operationRules(current: () => StoreFixture): void {
  test.each([quotes, repository, system])('who declares $kind is on record, and once for each change', async (ref) => {
    const { store } = current()
    await store.declare({ ...declared(ref, { version: 1 }), audit: ada })
    await store.declare({ ...declared(ref, { version: 1 }), audit: { ...ada, who: 'bo' } })
    await store.declare({ ...declared(ref, { version: 2 }), audit: { who: 'cleo', what: 'apply q.yaml' } })
    const record = await store.get(ref)
    expect(record?.generation).toBe(2)
    expect(record?.audit).toMatchObject([ada, { who: 'cleo', what: 'apply q.yaml' }])
  })

  test('declaring what is so already writes nothing, whoever does', async () => {
    const { store, written } = current()
    await store.declare({ ...declared(quotes, { version: 1 }), audit: ada })
    written()
    await store.declare({ ...declared(quotes, { version: 1 }), audit: ada })
    expect(written()).toEqual([])
  })

  test('a manifest that moved is nobody’s change', async () => {
    const { store } = current()
    await store.declare(declared(quotes, { version: 1 }))
    const origin = { source: 'policies', path: '.fairway/moved.yaml' }
    await store.declare(declared(quotes, { version: 1 }, { origin, audit: ada }))
    const record = await store.get(quotes)
    expect(record?.origin).toMatchObject(origin)
    expect(record?.audit).toBeUndefined()
  })

  test('who asks for a look is on record, and the sweep looks if nobody else does', async () => {
    const { store, clock } = current()
    await held(current(), quotes).then((fence) => store.leases.release(quotes, fence))
    const record = await store.ask(quotes, { who: 'ada', what: 'reconcile' })
    expect(record.audit).toMatchObject([{ who: 'ada', what: 'reconcile' }])
    expect(record.attentionAt).toBeGreaterThan(clock.now())
  })

  test('who holds the lease when somebody asks for a look goes round again', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    expect(await store.ask(quotes, { who: 'ada', what: 'reconcile' })).toMatchObject({ dirty: true, fence })
    expect(await store.leases.release(quotes, fence)).toBe('again')
  })

  test('a look at what is not there is refused as absent', async () => {
    const { store } = current()
    const nobody = { kind: 'Workload', name: 'policy-admin/nobody' } as const
    await expect(store.ask(nobody, { who: 'ada', what: 'reconcile' })).rejects.toMatchObject({ absent: true })
  })

  test('who confirms a removal by hand is on record, once', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    await store.removing(quotes, fence, 'dev', 'c1')
    const audit = { who: 'ada', what: 'confirm removal from dev' }
    expect(await store.confirmRemoval(quotes, 'dev', 'ada', audit)).toBe(true)
    expect(await store.confirmRemoval(quotes, 'dev', 'bo', { ...audit, who: 'bo' })).toBe(true)
    expect((await store.get(quotes))?.audit).toMatchObject([audit])
  })

  test('a list in parts has each resource once, in order of name', async () => {
    const { store } = current()
    const names = Array.from({ length: 23 }, (_, index) => `many/w${String(index).padStart(2, '0')}`)
    await Promise.all(names.map((name) => store.declare(declared({ kind: 'Workload', name }, { version: 1 }))))
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await store.page('Workload', { limit: 5, ...(cursor === undefined ? {} : { cursor }) })
      expect(page.records.length).toBeLessThanOrEqual(5)
      seen.push(...page.records.map(({ name }) => name))
      cursor = page.cursor
    } while (cursor !== undefined)
    expect(seen.filter((name) => name.startsWith('many/'))).toEqual(names)
    expect(new Set(seen).size).toBe(seen.length)
  })

  test('a cursor that is none is refused', async () => {
    await expect(current().store.page('Workload', { limit: 5, cursor: 'no cursor' })).rejects.toThrow(/cursor/)
  })
}
