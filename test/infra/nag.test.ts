import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'
import { AwsSolutionsChecks } from 'cdk-nag'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wildcards } from '../../infra/wildcards.ts'
import { everything } from './stacks.ts'

/** cdk-nag, AwsSolutions: https://github.com/cdklabs/cdk-nag/blob/main/RULES.md */

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairway-nag-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** `rule at construct`. */
function findings(app: IConstruct, pack = new AwsSolutionsChecks()): readonly string[] {
  const { violations } = pack.validateScope(app)
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
  )
}

interface Acknowledged {
  readonly at: IConstruct
  readonly finding: string
  readonly reason: string
}

function acknowledgements(app: IConstruct): readonly Acknowledged[] {
  return app.node.findAll().flatMap((at) =>
    at.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([finding, reason]) => ({ at, finding, reason })),
  )
}

describe('cdk-nag', () => {
  it('finds nothing that is not acknowledged, and synthesis with it as a plugin succeeds', () => {
    const { app } = everything(directory)
    expect(findings(app)).toEqual([])
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
    expect(() => app.synth()).not.toThrow()
  })

  it('finds what is acknowledged: no acknowledgement outlives its finding', () => {
    const { app } = everything()
    const all = acknowledgements(app)
    const found = findings(app, Object.assign(new AwsSolutionsChecks(), { isAcknowledged: () => false }))
    const idle = all.filter(({ at, finding }) => {
      const rule = finding.replace(/^annotation::/i, '')
      return !found.some(
        (each) => each === `${rule} at ${at.node.path}` || each.startsWith(`${rule} at ${at.node.path}/`),
      )
    })
    expect(idle.map(({ at, finding }) => `${finding} at ${at.node.path}`)).toEqual([])
    expect(all.length).toBeGreaterThan(20)
  })

  it('has a reason for each acknowledgement', () => {
    for (const { finding, reason } of acknowledgements(everything().app)) {
      expect(reason.length, finding).toBeGreaterThan(20)
    }
  })
})

describe('the patterns that roles are granted', () => {
  it('are all in use: a reason is for a grant that exists', () => {
    const reasons = new Set(acknowledgements(everything().app).map(({ reason }) => reason))
    expect(wildcards.filter(({ reason }) => !reasons.has(reason))).toEqual([])
  })
})
