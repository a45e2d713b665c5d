import { readdir, readFile } from 'node:fs/promises'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { entitiesFor, formerPlacementEntity, systemEntity } from '../../flow/entities.ts'
import { intake } from '../../flow/intake/intake.ts'
import { fill, type PortAction } from '../../local/portal/template.ts'
import { installation, portRequest } from '../../test/intake/fixture.ts'
import { declareAction, declareInputs, retireAction, retireInputs, rotateAction, rotateInputs } from './inputs.ts'

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
  readonly mirrorProperties: Readonly<Record<string, { readonly path: string }>>
  readonly relations: Readonly<Record<string, { readonly target: string }>>
}

const files = (await readdir(directory)).filter((name) => name.endsWith('.json'))
const load = async (name: string): Promise<unknown> => JSON.parse(await readFile(new URL(name, directory), 'utf8'))
const ofKind = async (kind: string) =>
  Promise.all(files.filter((name) => name.endsWith(`.${kind}.json`)).map((name) => load(name)))
const actions = (await ofKind('action')) as readonly PortAction[]
const blueprints = (await ofKind('blueprint')) as readonly Blueprint[]

/**
 * What Port's API documents for both, closed: a key that it does not know is a mistake. Not asked of Port itself.
 * https://docs.port.io/api-reference/create-a-blueprint and …/create-an-action-automation
 */
const identifier = { type: 'string', pattern: '^[A-Za-z0-9@_.:\\\\/=-]+$' }
const text = { type: 'string', minLength: 1 }
const closed = (required: readonly string[], properties: object) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
})
const jq = closed(['jqQuery'], { jqQuery: text })
const named = { propertyNames: { ...identifier, maxLength: 30 } }
const formats = ['date-time', 'url', 'email', 'ipv4', 'ipv6', 'yaml', 'entity', 'user', 'team', 'proto', 'markdown']
const property = closed(['type', 'title'], {
  type: { enum: ['string', 'number', 'boolean', 'object', 'array'] },
  title: text,
  description: text,
  format: { enum: formats },
  enum: { type: 'array' },
  enumColors: { type: 'object' },
  items: closed(['type'], { type: { const: 'string' } }),
  uniqueItems: { type: 'boolean' },
  pattern: { type: 'string', format: 'regex' },
  maxLength: { type: 'number' },
  minimum: { type: 'number' },
  maximum: { type: 'number' },
  blueprint: identifier,
  visible: jq,
})
const common = { identifier, title: text, icon: text, description: text }
const documented = {
  blueprint: closed(['identifier', 'title', 'schema', 'relations'], {
    ...common,
    schema: closed(['properties', 'required'], {
      properties: { type: 'object', ...named, additionalProperties: property },
      required: { type: 'array', items: text },
    }),
    calculationProperties: { type: 'object', maxProperties: 0 },
    mirrorProperties: { type: 'object', additionalProperties: closed(['title', 'path'], { title: text, path: text }) },
    relations: {
      type: 'object',
      additionalProperties: closed(['target', 'required', 'many'], {
        title: text,
        target: identifier,
        required: { type: 'boolean' },
        many: { type: 'boolean' },
      }),
    },
  }),
  action: closed(['identifier', 'trigger', 'invocationMethod'], {
    ...common,
    trigger: closed(['type', 'operation', 'userInputs'], {
      type: { const: 'self-service' },
      operation: { enum: ['CREATE', 'DELETE', 'DAY-2'] },
      blueprintIdentifier: identifier,
      userInputs: closed(['properties', 'required', 'order'], {
        properties: { type: 'object', ...named, additionalProperties: property },
        required: { anyOf: [{ type: 'array', items: text }, jq] },
        order: { type: 'array', items: text },
      }),
    }),
    invocationMethod: closed(['type', 'url'], {
      type: { const: 'WEBHOOK' },
      url: text,
      agent: { type: 'boolean' },
      synchronized: { type: 'boolean' },
      method: { enum: ['POST', 'PUT', 'PATCH', 'DELETE'] },
      headers: { type: 'object', additionalProperties: text },
      body: { type: 'object' },
    }),
    requiredApproval: { type: 'boolean' },
  }),
}

it.each(files)('%s has the shape that Port documents, and no other key', async (name) => {
  const kind = name.endsWith('.action.json') ? 'action' : 'blueprint'
  const validate = new Ajv({ strict: false, allErrors: true, formats: { regex: true } }).compile(documented[kind])
  validate(await load(name))
  expect(validate.errors).toBeNull()
})

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
  [rotateAction, rotateInputs],
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

it('the entities that Fairway reports fit the blueprints, and fill every property of them', () => {
  const links = { argocd: 'https://argocd.example.com', logs: 'https://logs.example.com/{workload}' }
  const origin = { source: 'quotes', path: 'fairway.yaml', line: 3 }
  const world = {
    installation: {},
    record: {
      name: 'policy-admin/quotes',
      system: 'policy-admin',
      generation: 3,
      origin,
      credentials: {
        'dev/nats': { kind: 'nats', state: 'current', generation: 1, versionId: 'v', expiresAt: 1_800_000_000 },
      },
      claims: { 'nats/dev/secret': { id: 's', incarnation: 1 } },
    },
    clusters: [{ name: 'dev', spec: { environment: 'dev', argocd: { mode: 'local', namespace: 'argocd' }, links } }],
  }
  const placement = { commit: 'abc', repository: 'https://github.com/acme/dev.git', deployed: true, digest: 'sha256:1' }
  const status = {
    phase: 'Failed',
    observedGeneration: 3,
    conditions: [{ capability: 'admission', status: 'Unknown', reason: 'Paused', message: 'waits', since: '' }],
    placements: { dev: placement },
    outputs: {},
    error: { type: 'Terminal', message: 'wrong', at: '2026-11-20T12:00:00Z' },
  }
  const source = { type: 'git', url: 'https://github.com/acme/quotes.git', platform: false } as const
  const spec = { team: 'policies', costCentre: 'CC-1', description: 'Quotes.', environments: ['dev'] }
  const entities = [
    systemEntity({ name: 'policy-admin', spec } as never, status as never, { mode: 'paused', why: 'said so' }),
    ...entitiesFor(world as never, status as never, source),
  ]
  expect(entities.map(({ blueprint }) => blueprint)).toEqual([
    'fairway_system',
    'fairway_workload',
    'fairway_placement',
  ])
  for (const entity of entities) {
    const shown = blueprints.find(({ identifier }) => identifier === entity.blueprint)?.schema.properties ?? {}
    expect(Object.keys(entity.properties).toSorted()).toEqual(Object.keys(shown).toSorted())
    expect(Object.values(entity.properties)).not.toContain(null)
  }
  for (const entity of [...entities, formerPlacementEntity('policy-admin/quotes', 'dev')]) {
    const blueprint = blueprints.find(({ identifier }) => identifier === entity.blueprint)
    const schema = { type: 'object', ...blueprint?.schema, additionalProperties: false }
    const validate = new Ajv({ strict: false, allErrors: true, formats: { url: true, 'date-time': true } }).compile(
      schema,
    )
    // Null empties a property, whatever its type.
    validate(Object.fromEntries(Object.entries(entity.properties).filter(([, value]) => value !== null)))
    expect(validate.errors).toBeNull()
    expect(Object.keys(blueprint?.relations ?? {})).toEqual(expect.arrayContaining(Object.keys(entity.relations)))
    // https://docs.port.io/api-reference/create-an-entity
    expect(entity.identifier).toMatch(/^[A-Za-z0-9@_.:\\/=-]+$/)
  }
})

it('mirrored properties follow relations that exist', () => {
  const of = (name: string) => blueprints.find(({ identifier }) => identifier === name)
  for (const { identifier: name, mirrorProperties } of blueprints) {
    for (const { path } of Object.values(mirrorProperties)) {
      const steps = path.split('.')
      const last = steps.slice(0, -1).reduce((at, step) => of(at)?.relations[step]?.target ?? '', name)
      expect([...Object.keys(of(last)?.schema.properties ?? {}), '$title']).toContain(steps.at(-1))
      expect(of(last)).toBeDefined()
    }
  }
})

it('relations lead to blueprints that are shipped', () => {
  const targets = blueprints.flatMap(({ relations }) => Object.values(relations).map(({ target }) => target))
  for (const target of targets) expect(blueprints.map(({ identifier }) => identifier)).toContain(target)
})
