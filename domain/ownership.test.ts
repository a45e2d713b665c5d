import { describe, expect, test } from 'vitest'
import { tagKeys } from './names.ts'
import { adoptCommand, isSettled, ownership } from './ownership.ts'
import type { OwnershipQuestion } from './ownership.ts'

const arn = 'arn:aws:iam::111111111111:role/fairway/quotes'
const ours = { [tagKeys.installation]: 'acme' }
const found = (tags: Record<string, string>, id = arn) => ({ id, name: 'quotes', tags })
const claim = { id: arn, incarnation: 1 }

function answer(question: Partial<OwnershipQuestion>) {
  const installation = { name: 'acme' } as OwnershipQuestion['installation']
  const rest = { what: 'IAM role quotes', adopt: 'fairway adopt it', claim: undefined, found: undefined }
  return ownership({ ...rest, installation, ...question })
}

describe('ownership is claim, tag and name together', () => {
  test('what is not there is free, claimed or not', () => {
    expect(answer({})).toBe('free')
    expect(answer({ claim })).toBe('free')
  })

  test('all three: ours', () => {
    expect(answer({ claim, found: found(ours) })).toBe('ours')
  })

  test('claimed by name while its id is not known yet: ours', () => {
    expect(answer({ claim: { ...claim, id: 'quotes' }, found: found(ours) })).toBe('ours')
  })

  test('the tag alone is reported and never acted on', () => {
    expect(answer({ found: found(ours) })).toMatchObject({ refused: expect.stringContaining('tag alone is no proof') })
  })

  test('neither claim nor tag: refused, with the command to adopt it', () => {
    expect(answer({ found: found({}) })).toMatchObject({ fix: expect.stringContaining('fairway adopt it') })
  })

  test('the claim alone: somebody took the tag away, so it is not seized', () => {
    expect(answer({ claim, found: found({}) })).toMatchObject({ refused: expect.stringContaining('lost the tag') })
  })

  test('adopted and not tagged yet: may be tagged', () => {
    expect(answer({ claim: { ...claim, adopted: true }, found: found({}) })).toBe('adopting')
  })

  test('another installation’s tag is refused, even when it was adopted here', () => {
    const theirs = found({ [tagKeys.installation]: 'other' })
    expect(answer({ claim: { ...claim, adopted: true }, found: theirs })).toMatchObject({
      refused: expect.stringContaining('another installation'),
    })
  })

  test('the same name made anew by somebody else is not the thing on record', () => {
    const other = found(ours, 'arn:aws:secretsmanager:eu-west-1:1:secret:quotes-bbbbbb')
    expect(answer({ claim, found: other })).toMatchObject({ refused: expect.stringContaining('on record') })
  })
})

test('a claim is settled only when it says exactly that', () => {
  expect(isSettled({ incarnation: 1, id: arn }, claim)).toBe(true)
  expect(isSettled({ ...claim, adopted: true }, claim)).toBe(false)
  expect(isSettled({ ...claim, incarnation: 2 }, claim)).toBe(false)
  expect(isSettled(undefined, claim)).toBe(false)
})

test('the command to adopt names workload, claim and thing', () => {
  expect(adoptCommand('policy-admin/quotes', 'iam/dev/role', arn)).toBe(
    `fairway adopt policy-admin/quotes iam/dev/role ${arn}`,
  )
})
