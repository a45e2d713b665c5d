import type { NatsConnection } from '@nats-io/transport-node'
import { describe, expect, test } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import { lookAtMany } from './looking.ts'

/** Real servers either answer for every account or for none, so this is a connection that says what it is told to. */
function connection(answers: (subject: string) => readonly string[]) {
  const asked: string[] = []
  const state = { open: 0, most: 0 }
  const message = (text: string) => ({ string: () => text, json: () => JSON.parse(text) as unknown })
  const fake = {
    async request(subject: string) {
      asked.push(subject)
      return message('{"statsz":{"active_servers":1}}')
    },
    async requestMany(subject: string) {
      asked.push(subject)
      state.most = Math.max(state.most, ++state.open)
      await new Promise((resolve) => setImmediate(resolve))
      state.open--
      return (subject.endsWith('LOOKUP') ? [''] : answers(subject)).map(message)
    },
  }
  return { connection: fake as unknown as NatsConnection, asked, state }
}

describe('looking at many accounts', () => {
  test('leaves out the one that nobody answers for, and has the others', async () => {
    const { connection: only } = connection((subject) => (subject.includes('.B.') ? [] : ['{"data":null}']))
    const looks = await lookAtMany({ connection: only, signer: 'O' }, ['A', 'B', 'C'])
    expect(looks.get('B')).toBeInstanceOf(RetryLater)
    for (const account of ['A', 'C']) expect(looks.get(account)).toMatchObject({ views: [], signer: 'O' })
  })

  test('counts the servers once, and never has more than sixteen questions on their way', async () => {
    const { connection: only, asked, state } = connection(() => ['{"data":null}'])
    const accounts = Array.from({ length: 100 }, (_, index) => `A${index}`)
    expect((await lookAtMany({ connection: only, signer: 'O' }, accounts)).size).toBe(100)
    expect(asked.filter((subject) => subject.endsWith('STATSZ'))).toHaveLength(1)
    expect(state.most).toBe(16)
  })

  test('fails as a whole where the connection does: a kept one that died is replaced, not remembered account by account', async () => {
    const { connection: only } = connection((subject) => {
      if (subject.includes('.A7.')) throw new Error('connection closed')
      return ['{"data":null}']
    })
    const accounts = Array.from({ length: 20 }, (_, index) => `A${index}`)
    await expect(lookAtMany({ connection: only, signer: 'O' }, accounts)).rejects.toThrow('connection closed')
  })
})
