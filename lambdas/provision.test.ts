import { beforeEach, describe, expect, it } from 'vitest'
import type { Context } from 'aws-lambda'
import { RetryLater, Terminal } from '../domain/errors.ts'
import { make as ecr } from './ecr/handler.ts'
import { make as nats } from './nats/handler.ts'
import { redirectTelemetry } from './telemetry.ts'

/** A capability's function that is asked who it is, by the doctor. */

const context = { functionName: 'f', awsRequestId: 'r' } as Context
const target = { account: '111111111111', region: 'eu-west-1' }
const asked: unknown[] = []
const core = {
  pace: null as never,
  store: undefined as never,
  installation: undefined as never,
  specs: undefined as never,
  clock: undefined as never,
}

beforeEach(() => {
  redirectTelemetry(() => undefined)
  asked.length = 0
})

const who = async (at: unknown) => {
  asked.push(at)
  return { account: '111111111111', arn: 'arn:aws:sts::111111111111:assumed-role/fairway-acme-ecr/s' }
}

describe('a function that is asked who it is', () => {
  it('says so for that account and region, and does nothing else', async () => {
    const handler = ecr(async () => ({
      ...core,
      identify: who,
      remoteFor: () => Promise.reject(new Error('it went to work')),
    }))
    const answer = await handler({ operation: 'check', ...target }, context)
    expect(answer).toEqual({ ok: true, ...(await who(target)) })
    expect(asked[0]).toEqual(target)
  })

  it('says why it has no way in, with what to do, instead of failing', async () => {
    const identify = () => Promise.reject(new Terminal('not admitted', { fix: 'deploy MemberAccount' }))
    const handler = ecr(async () => ({ ...core, identify, remoteFor: () => Promise.reject(new Error('unused')) }))
    expect(await handler({ operation: 'check', ...target }, context)).toEqual({
      ok: false,
      failure: { type: 'Terminal', message: 'not admitted', fix: 'deploy MemberAccount' },
    })
  })

  it('P3: repeats nothing of an error that nobody made for people', async () => {
    const identify = () => Promise.reject(new Error('token s3cr3t refused'))
    const handler = ecr(async () => ({ ...core, identify, remoteFor: () => Promise.reject(new Error('unused')) }))
    expect(JSON.stringify(await handler({ operation: 'check', ...target }, context))).not.toContain('s3cr3t')
  })

  it('reaches for NATS servers where it is told of some, with what it would push with', async () => {
    const reached: unknown[] = []
    const provider = {
      reach: async (servers: unknown) => {
        reached.push(servers)
        throw new RetryLater('no server answers')
      },
    }
    const handler = nats(async () => ({ ...core, identify: who, remoteFor: async () => ({ provider }) as never }))
    const servers = { operator: 'main', url: 'nats://n:4222' }
    expect(await handler({ operation: 'check', ...target }, context)).toMatchObject({ ok: true })
    expect(reached).toEqual([])
    expect(await handler({ operation: 'check', ...target, nats: servers }, context)).toMatchObject({
      ok: false,
      failure: { message: 'no server answers' },
    })
    expect(reached).toEqual([servers])
  })
})
