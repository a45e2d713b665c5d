import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dnsSuffixOf, partitionOf } from './partition.ts'

interface Listed {
  readonly id: string
  readonly outputs: { readonly dnsSuffix: string }
  readonly regions: Readonly<Record<string, unknown>>
}

describe('a region', () => {
  it.each(listed())('$region is in $id, as the SDK has it', ({ region, id, dnsSuffix }) => {
    expect([partitionOf(region), dnsSuffixOf(region)]).toEqual([id, dnsSuffix])
  })

  it.each([
    ['eu-west-9', 'aws'],
    ['cn-south-1', 'aws-cn'],
    ['us-gov-north-1', 'aws-us-gov'],
  ])('%s, which nobody has heard of yet, is in %s', (region, id) => {
    expect(partitionOf(region)).toBe(id)
  })
})

/** The list that the SDK resolves endpoints with; it is in no export, but in the package. */
function listed() {
  const core = dirname(createRequire(import.meta.url).resolve('@aws-sdk/core/package.json'))
  const text = readFileSync(join(core, 'dist-es/submodules/client/util-endpoints/lib/aws/partitions.js'), 'utf8')
  const { partitions } = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as {
    readonly partitions: readonly Listed[]
  }
  return partitions.flatMap(({ id, outputs: { dnsSuffix }, regions }) =>
    Object.keys(regions)
      .filter((region) => /-\d$/.test(region))
      .map((region) => ({ region, id, dnsSuffix })),
  )
}
