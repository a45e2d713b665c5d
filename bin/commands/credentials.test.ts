import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Credential, RotationRequest, WorkloadRecord } from '../../domain/records.ts'
import { credentialLines } from './credentials.ts'

const hour = 3_600_000
const day = 24 * hour
const now = Date.parse('2026-11-20T12:00:00Z')
const seconds = (at: number) => Math.floor(at / 1000)
const issuedAt = seconds(now - day)

const before = { generation: 3, versionId: 'v3', expiresAt: seconds(now + 5 * day) }
const credential: Credential = {
  kind: 'nats',
  state: 'current',
  generation: 4,
  versionId: 'v4',
  reason: 'requested',
  issuedAt,
  expiresAt: seconds(now + 29.5 * day),
}

function lines(
  found: Credential,
  { pinned, request, most = day }: { pinned?: string; request?: RotationRequest; most?: number } = {},
): readonly string[] {
  const pins = pinned === undefined ? {} : { nats: { versionId: pinned, since: now - hour } }
  const record = {
    credentials: { 'dev/nats': found },
    claims: { 'nats/dev/secret': { id: 's', incarnation: 1 }, 'secrets/dev/nats': { id: 's', incarnation: 1 } },
    rotations: request === undefined ? {} : { 'dev/nats': request },
    status: { placements: { dev: { pins } } },
  } as unknown as WorkloadRecord
  return credentialLines(record, { least: 0, most }, now).map((line) => stripVTControlCharacters(line).trim())
}

describe('a credential is shown', () => {
  it('with kind, generation, days to its end, and when and why it was made', () => {
    expect(lines(credential)).toEqual([
      'dev/nats                 nats  generation 4, 29 days left, issued 2026-11-19 (requested)',
    ])
  })

  it('with the day from which it is renewed', () => {
    expect(lines({ ...credential, renewAt: now + 22 * day })[0]).toContain(
      '29 days left, renewed from 2026-12-12, issued 2026-11-19 (requested)',
    )
  })

  it('with hours on its last day, and as expired after it', () => {
    expect(lines({ ...credential, expiresAt: seconds(now + 5 * hour) })[0]).toContain('5 hours left')
    expect(lines({ ...credential, expiresAt: seconds(now - day) })[0]).toContain('expired 2026-11-19')
  })

  it('with each one that overlaps, until the first of its end and the longest time', () => {
    const both = { ...credential, previous: [before] }
    expect(lines(both, { pinned: 'v4' })[1]).toBe('generation 3 still works, until 2026-11-21 11:00 UTC at the latest')
    expect(lines(both, { pinned: 'v4', most: 30 * day })[1]).toContain('until 2026-11-25 12:00 UTC at the latest')
  })

  it('without an end of the overlap while the commit with the new one is not made', () => {
    const { expiresAt: _, ...lasting } = before
    const both = { ...credential, previous: [lasting] }
    expect(lines(both, { pinned: 'v3' })[1]).toContain('until the new one is committed')
  })

  it('as what is in use while the next one is being made', () => {
    const making: Credential = { ...credential, state: 'issuing', previous: [before] }
    expect(lines(making)).toEqual([expect.stringMatching(/generation 3, 5 days left, generation 4 is being made$/)])
  })

  it('with what was asked for, until it is done', () => {
    const request = { kind: 'rotate', above: 4, now: true } as const
    expect(lines(credential, { request })[1]).toBe('a new generation is asked for, without overlap')
    expect(lines({ ...credential, generation: 5 }, { request })).toHaveLength(1)
    const back = { kind: 'roll-back', above: 4, to: 3 } as const
    expect(lines({ ...credential, previous: [before] }, { request: back })[2]).toBe('is to go back to generation 3')
    expect(lines(credential, { request: back })[1]).toBe('could not go back to generation 3, which had ended by then')
    expect(lines({ ...credential, generation: 3, highest: 4 }, { request: back })).toHaveLength(1)
  })

  it('as its owner’s to fill where there is no value yet', () => {
    const empty: Credential = { kind: 'placeholder', state: 'issuing', generation: 0, versionId: 'v' }
    expect(lines(empty)).toEqual([expect.stringContaining('waits for the value that its owner writes')])
  })
})
