import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpClients, simulatedClients } from './clients.ts'
import { ecrCases } from './ecr.cases.ts'
import { ecrImageCases } from './ecrimages.cases.ts'
import { eksCases } from './eks.cases.ts'
import { iamCases } from './iam.cases.ts'
import { iamPolicyCases } from './iampolicies.cases.ts'
import { findMoto, startMoto } from './moto.ts'
import { coverage } from './report.ts'
import { secretsManagerCases } from './secretsmanager.cases.ts'
import { secretVersionCases } from './secretversions.cases.ts'
import { stsCases } from './sts.cases.ts'
import type { Moto } from './moto.ts'

/**
 * The simulated AWS held against an independent implementation: the same cases, the same assertions. Where moto lacks
 * something or departs from AWS's documentation, the case says so and runs on the simulation only.
 */
const cases = [
  ...ecrCases,
  ...ecrImageCases,
  ...iamCases,
  ...iamPolicyCases,
  ...eksCases,
  ...secretsManagerCases,
  ...secretVersionCases,
  ...stsCases,
]
const binary = findMoto()
const asked = cases.filter((one) => one.moto === undefined)

describe('the simulated AWS', () => {
  for (const one of cases) {
    it(`${one.service}: ${one.rule}`, async () => {
      await expect(one.run(simulatedClients())).resolves.toBeUndefined()
    })
  }
})

describe.runIf(binary)('moto', () => {
  let moto: Moto

  beforeAll(async () => {
    moto = await startMoto(binary ?? '')
  }, 150_000)
  afterAll(async () => moto?.stop())

  for (const one of asked) {
    it(`${one.service}: ${one.rule}`, async () => {
      await moto.reset()
      await expect(one.run(httpClients(moto.endpoint))).resolves.toBeUndefined()
    })
  }
})

afterAll(() => {
  process.stdout.write(coverage(cases, binary !== undefined))
})
