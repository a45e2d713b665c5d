import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpClients, simulatedClients } from './clients.ts'
import { repositoryCases } from './ecr.cases.ts'
import { imageCases } from './ecrimages.cases.ts'
import { repositorySettingCases } from './ecrsettings.cases.ts'
import { associationCases } from './eksassociations.cases.ts'
import { clusterCases } from './eksclusters.cases.ts'
import { doctorCases } from './doctor.cases.ts'
import { roleDetailCases } from './iamdetails.cases.ts'
import { rolePolicyCases } from './iampolicies.cases.ts'
import { roleCases } from './iamroles.cases.ts'
import { findMoto, startMoto } from './moto.ts'
import { coverage } from './report.ts'
import { secretDeletionCases } from './secretdeletion.cases.ts'
import { secretListingCases } from './secretlisting.cases.ts'
import { secretCases } from './secrets.cases.ts'
import { secretStageCases } from './secretstages.cases.ts'
import { secretVersionCases } from './secretversions.cases.ts'
import { stsCases } from './sts.cases.ts'
import { taggingCases } from './tagging.cases.ts'
import type { Case } from './cases.ts'
import type { Moto } from './moto.ts'

/**
 * The simulated AWS held against an independent implementation: the same cases, the same assertions. Where moto lacks
 * something or departs from AWS's documentation, the case says so and runs on the simulation only.
 */
const cases = [
  ...repositoryCases,
  ...repositorySettingCases,
  ...imageCases,
  ...roleCases,
  ...roleDetailCases,
  ...rolePolicyCases,
  ...clusterCases,
  ...associationCases,
  ...secretCases,
  ...secretVersionCases,
  ...secretStageCases,
  ...secretDeletionCases,
  ...secretListingCases,
  ...stsCases,
  ...taggingCases,
  ...doctorCases,
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
  afterAll(async () => {
    await lookAgain(moto)
    await moto.stop()
  })

  for (const one of asked) {
    it(`${one.service}: ${one.rule}`, async () => {
      await moto.reset()
      await expect(one.run(httpClients(moto.endpoint))).resolves.toBeUndefined()
    })
  }
})

/** Marks that are out of date: cases that moto is not asked about although it would agree. */
const agreed = new Set<Case>()

async function lookAgain(moto: Moto): Promise<void> {
  for (const one of cases.filter((marked) => marked.moto !== undefined)) {
    await moto.reset()
    const agrees = await one.run(httpClients(moto.endpoint)).then(
      () => true,
      () => false,
    )
    if (agrees) agreed.add(one)
  }
}

afterAll(() => {
  process.stdout.write(coverage(cases, agreed, binary !== undefined))
})
