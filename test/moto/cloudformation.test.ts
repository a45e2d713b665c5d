import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deploy, type Deployed } from './deployed.ts'
import { lacking } from './lacking.ts'
import { references, rewritten } from './rewrite.ts'
import { binary, lines, motoMayBeAbsent, startingMoto, startMoto, type Moto } from './server.ts'
import { computeRules } from './stackcompute.ts'
import { dataRules } from './stackdata.ts'
import { eventRules } from './stackevents.ts'
import { permissionRules } from './stackpermissions.ts'

/** The templates as somebody else's CloudFormation makes them, and what is then there, asked of each service. */

motoMayBeAbsent()

describe.skipIf(binary === undefined)('moto’s CloudFormation', { timeout: 120_000 }, () => {
  let moto: Moto
  let deployed: Deployed

  beforeAll(async () => {
    moto = await startMoto(binary ?? '')
    deployed = await deploy(moto.endpoint)
  }, startingMoto + 120_000)
  afterAll(async () => {
    await moto?.stop()
    if (deployed !== undefined) process.stdout.write(gaps(deployed))
  })

  it('creates everything, except for the types that are listed as lacking', () => {
    for (const [template, created] of deployed.templates) {
      expect(created.status).toBe('CREATE_COMPLETE')
      const expected = Object.entries(template.Resources).filter(([, { Type }]) => !(Type in lacking))
      expect([...created.made].toSorted()).toEqual(expected.map(([id]) => id).toSorted())
    }
  })

  it('has no type listed as lacking, or put in other words, that no template needs', () => {
    const used = new Set(
      deployed.templates.flatMap(([{ Resources }]) => Object.values(Resources).map(({ Type }) => Type)),
    )
    const listed = [lacking, rewritten, references].flatMap((list) => Object.keys(list))
    expect(listed.filter((type) => !used.has(type))).toEqual([])
  })

  const world = () => deployed
  describe('data', () => dataRules(world))
  describe('events', () => eventRules(world))
  describe('functions, machines and routes', () => computeRules(world))
  describe('permissions', () => permissionRules(world))
})

/** What moto lacks, for the output of the tests. */
function gaps({ stack, memberStack }: Deployed): string {
  const apart = new Map<string, number>()
  for (const { apart: of } of [stack, memberStack]) {
    for (const [type, count] of of) apart.set(type, (apart.get(type) ?? 0) + count)
  }
  const words = Object.entries({ ...rewritten, ...references }).map(([type, { why }]) => `${type}: ${why}`)
  return [
    lines(
      'types that moto’s CloudFormation does not create, created through their service’s API instead',
      [...apart].map(([type, count]) => `${type} (${count})`),
    ),
    lines('types that it creates only in other words', words),
  ].join('')
}
