import { readdir, readFile } from 'node:fs/promises'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { entitiesFor } from '../../flow/entities.ts'
import { intake } from '../../flow/intake/intake.ts'
import { fill, type PortAction } from '../../local/portal/template.ts'
import { installation, portRequest } from '../../test/intake/fixture.ts'
import { declareAction, declareInputs, retireAction, retireInputs } from './inputs.ts'

/** The examples that people load into Port, held against the code that answers them. */
const directory = new URL('../../examples/portal/port/', import.meta.url)

interface Input {
  readonly type: string
  readonly format?: string
  readonly blueprint?: string
}
interface Blueprint {
  readonly identifier: string
  readonly schema: { readonly properties: Readonly<Record<string, object>>; readonly required: readonly string[] }
  readonly relations: Readonly<Record<string, { readonly target: string }>>
}

const files = (await readdir(directory)).filter((name) => name.endsWith('.json'))
const load = async (name: string): Promise<unknown> => JSON.parse(await readFile(new URL(name, directory), 'utf8'))
const ofKind = async (kind: string) =>
  Promise.all(files.filter((name) => name.endsWith(`.${kind}.json`)).map((name) => load(name)))
const actions = (await ofKind('action')) as readonly PortAction[]
const blueprints = (await ofKind('blueprint')) as readonly Blueprint[]

it('every file is a blueprint or an action', () => {
  expect(actions.length + blueprints.length).toBe(files.length)
  expect(blueprints.map(({ identifier }) => identifier).toSorted()).toEqual([
    'fairway_placement',
    'fairway_system',
    'fairway_workload',
  ])
})

describe.each([
  [declareAction, declareInputs],
  [retireAction, retireInputs],
])('the action %s', (identifier, inputs) => {
  const action = actions.find((one) => one.identifier === identifier)
  const form = action?.trigger.userInputs

  it('asks for the inputs that the form reads, in an order that names all of them', () => {
    expect(Object.keys(form?.properties ?? {}).toSorted()).toEqual([...inputs].toSorted())
    expect(form).toHaveProperty('order')
    expect((form as unknown as { order: string[] }).order.toSorted()).toEqual([...inputs].toSorted())
  })

  it('refers to blueprints that are shipped', () => {
    const used = Object.values(form?.properties as Record<string, Input>).flatMap(({ blueprint }) => blueprint ?? [])
    for (const one of used) expect(blueprints.map((blueprint) => blueprint.identifier)).toContain(one)
  })

  it('sends a payload from which intake takes the run', async () => {
    const trigger = { run: { id: 'r_QOz6WoOB1Q2lmhZZ' }, action: { identifier }, inputs: {} }
    const { ports, events } = installation()
    const answer = await intake(ports, portRequest(fill(action?.invocationMethod.body, trigger)))
    expect(answer.status).toBe(202)
    expect(events).toMatchObject([{ detail: { reason: 'form', delivery: 'r_QOz6WoOB1Q2lmhZZ' } }])
  })

  it('is delivered by Port itself, signed, and without waiting for the outcome', () => {
    expect(action?.invocationMethod).toMatchObject({
      type: 'WEBHOOK',
      method: 'POST',
      agent: false,
      synchronized: false,
      url: expect.stringMatching(/^https:\/\/.*\/webhooks\/port$/),
    })
  })
})

it('the entities that Fairway reports fit the blueprints', () => {
  const world = {
    installation: {},
    record: { name: 'policy-admin/quotes', system: 'policy-admin', generation: 3, origin: { source: 'quotes' } },
    clusters: [{ name: 'dev', spec: { environment: 'dev' } }],
  }
  const placement = { commit: 'abc', repository: 'https://git.example.com/dev.git', deployed: true, digest: 'sha256:1' }
  const status = {
    phase: 'Failed',
    observedGeneration: 3,
    conditions: [],
    placements: { dev: placement },
    outputs: {},
    error: { type: 'Terminal', message: 'wrong', at: '2026-11-20T12:00:00Z' },
  }
  const entities = entitiesFor(world as never, status as never)
  expect(entities).toHaveLength(2)
  for (const entity of entities) {
    const blueprint = blueprints.find(({ identifier }) => identifier === entity.blueprint)
    const schema = { type: 'object', ...blueprint?.schema, additionalProperties: false }
    const validate = new Ajv({ strict: false, allErrors: true, formats: { url: true } }).compile(schema)
    // Null empties a property, whatever its type.
    validate(Object.fromEntries(Object.entries(entity.properties).filter(([, value]) => value !== null)))
    expect(validate.errors).toBeNull()
    expect(Object.keys(blueprint?.relations ?? {})).toEqual(expect.arrayContaining(Object.keys(entity.relations)))
    // https://docs.port.io/api-reference/create-an-entity
    expect(entity.identifier).toMatch(/^[A-Za-z0-9@_.:\\/=-]+$/)
  }
})

it('relations lead to blueprints that are shipped', () => {
  const targets = blueprints.flatMap(({ relations }) => Object.values(relations).map(({ target }) => target))
  for (const target of targets) expect(blueprints.map(({ identifier }) => identifier)).toContain(target)
})
