import { describe, expect, it } from 'vitest'
import { forEnvironment, workload, type WorkloadSpec } from './schema.ts'

const base = {
  type: 'cronjob',
  containers: { main: { image: '.', args: ['a', 'b'], variables: { LEVEL: 'info', REGION: 'eu' } } },
  image: { track: 'main-*' },
  schedule: { cron: '0 3 * * *', timeZone: 'Europe/Berlin', concurrency: 'Allow' },
  scaling: { min: 3, max: 6, cpu: 50 },
  nats: { publish: ['quotes.a'], subscribe: ['quotes.b'], expiresAfter: '240h' },
}

function spec(environments: Record<string, unknown>, change: object = {}): WorkloadSpec {
  const metadata = { name: 'quotes', system: 'policy-admin' }
  const value = {
    apiVersion: 'fairway.dev/v1alpha1',
    kind: 'Workload',
    metadata,
    spec: { ...base, ...change, environments },
  }
  return workload.parse(value).spec
}

describe('an environment sees the spec with its override merged', () => {
  it('an override changes only what it names', () => {
    const plain = forEnvironment(spec({ dev: {} }), 'dev')
    const empty = { containers: { main: {} }, image: {}, schedule: {}, scaling: {}, nats: {} }
    expect(forEnvironment(spec({ dev: empty }), 'dev')).toEqual(plain)
    expect(forEnvironment(spec({ dev: { schedule: { cron: '0 4 * * *' } } }), 'dev')).toEqual({
      ...plain,
      schedule: { ...base.schedule, cron: '0 4 * * *' },
    })
  })

  it('maps merge by key, at every depth', () => {
    const override = { containers: { main: { variables: { LEVEL: 'debug' } } } }
    expect(forEnvironment(spec({ dev: override }), 'dev')?.containers.main).toEqual({
      ...base.containers.main,
      variables: { LEVEL: 'debug', REGION: 'eu' },
    })
  })

  it('lists and plain values replace', () => {
    const override = { containers: { main: { args: ['c'] } }, nats: { publish: ['quotes.c'] } }
    const dev = forEnvironment(spec({ dev: override }), 'dev')
    expect(dev?.containers.main?.args).toEqual(['c'])
    expect(dev?.nats).toEqual({ ...base.nats, publish: ['quotes.c'] })
  })

  it('what only an override brings has its defaults', () => {
    const override = { nats: { publish: ['quotes.c'] }, schedule: { cron: '0 4 * * *' } }
    const dev = forEnvironment(spec({ dev: override }, { nats: undefined, schedule: undefined }), 'dev')
    expect(dev?.nats).toEqual({ publish: ['quotes.c'], expiresAfter: '720h' })
    expect(dev?.schedule).toEqual({ cron: '0 4 * * *', timeZone: 'Etc/UTC', concurrency: 'Forbid' })
  })

  it('where it is not named, the workload does not run', () => {
    expect(forEnvironment(spec({ dev: {} }), 'prod')).toBeUndefined()
    expect(forEnvironment(spec({ dev: {} }), 'toString')).toBeUndefined()
  })

  it('one environment’s override is nothing to another', () => {
    const both = spec({ dev: { scaling: { min: 1 } }, prod: {} })
    expect(forEnvironment(both, 'prod')?.scaling).toEqual(base.scaling)
  })
})
