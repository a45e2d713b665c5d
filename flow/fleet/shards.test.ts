import { describe, expect, it } from 'vitest'
import { shardName, type Shard } from '../../domain/fleet.ts'
import type { ClusterSpec } from '../../domain/resources.ts'
import { referenceTo, shardOf, shardsOf } from './shards.ts'

const installation = { account: '100000000001', region: 'eu-west-1' }

function cluster(account: string, region: string, url: string, branch = 'main') {
  return { spec: { aws: { account, region }, repository: { url, branch } } as unknown as ClusterSpec }
}

const clusters = [
  cluster('200000000002', 'eu-west-1', 'https://git.example/a.git'),
  cluster('200000000002', 'eu-west-1', 'https://git.example/a.git', 'stage/one'),
  cluster('200000000002', 'eu-central-1', 'https://git.example/a.git'),
]

describe('the parts of a fleet', () => {
  it('are the registry, each account and region once, and each branch once', () => {
    expect(shardsOf(installation, clusters).map(shardName)).toEqual([
      'place/200000000002/eu-central-1',
      'place/200000000002/eu-west-1',
      'registry/100000000001/eu-west-1',
      'repository/main/https://git.example/a.git',
      'repository/stage%2Fone/https://git.example/a.git',
    ])
    expect(shardsOf(installation, [])).toHaveLength(1)
  })

  it('come back from what an event and an execution say of them, all of it texts or null', () => {
    for (const shard of shardsOf(installation, clusters)) {
      const reference = referenceTo(shard)
      expect(Object.keys(reference).toSorted()).toEqual(['account', 'branch', 'kind', 'region', 'shard', 'url'])
      expect(Object.values(reference).every((value) => value === null || typeof value === 'string')).toBe(true)
      expect(shardOf(reference)).toEqual(shard)
    }
  })

  it('are refused when what says which one is missing', () => {
    const shard: Shard = { kind: 'place', ...installation }
    expect(() => shardOf({ ...referenceTo(shard), region: null })).toThrow('no shard')
    expect(() => shardOf({ ...referenceTo(shard), kind: 'repository' })).toThrow('no shard')
  })
})
