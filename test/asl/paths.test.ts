import { describe, expect, it, vi } from 'vitest'
import { Conflict, RetryLater, Terminal } from '../../domain/errors.ts'
import type { MachineName } from '../../infra/rules.ts'
import { systemClock } from '../../domain/effects.ts'
import type { Waiters } from '../../domain/handover.ts'
import { createStateMachines } from '../../local/stepfunctions.ts'
import { createTaskTokens } from '../../local/tasktokens.ts'

/** Every path through the files, with functions that answer what a test wants. */

type Payload = Record<string, never> & {
  operation?: string
  cluster?: string
  part?: { url: string }
  taskToken?: string
  change?: { id: string; answer: object }
}
type Answers = Record<string, (payload: Payload, call: number, waiters: Waiters) => unknown>

const part = { url: 'https://git.example/dev.git', branch: 'main', clusters: ['dev'] }
const held = {
  result: 'acquired',
  work: 'reconcile',
  fence: 7,
  generation: 4,
  due: null,
  whole: false,
  placements: [{ cluster: 'dev' }, { cluster: 'prod' }],
  repositories: [part],
}
const retiring = { ...held, work: 'retire', whole: true, placements: [{ cluster: 'dev' }] }

const usual: Answers = {
  LeaseFunction: ({ operation }) => (operation === 'acquire' ? held : { result: 'released' }),
  EcrFunction: () => ({ capability: 'ecr', ok: true }),
  IamFunction: ({ cluster }) => ({ capability: 'iam', cluster, ok: true }),
  NatsFunction: ({ cluster }) => ({ capability: 'nats', cluster, ok: true }),
  SecretsFunction: ({ cluster }) => ({ capability: 'secrets', cluster, ok: true }),
  TenancyFunction: ({ cluster }) => ({ capability: 'tenancy', cluster, ok: true }),
  CommitFunction: commits,
  SourceFunction: () => ({ result: 'admitted', due: null, check: null }),
  CheckFunction: () => ({ result: 'written' }),
  BranchesFunction: () => ({ result: 'ended', compared: 5, findings: 0, failed: [] }),
  FleetFunction: () => ({ result: 'ended', compared: 3, findings: 0, failed: [] }),
  ReportFunction: ({ operation }) =>
    operation === 'confirmed'
      ? { gone: [{ cluster: 'dev' }], repositories: [part], whole: true, proceed: true }
      : { phase: 'Ready', due: 99 },
}

/** What differs is handed over, and the writer answers at once. */
function commits({ part: to, taskToken, change }: Payload, _call: number, waiters: Waiters): unknown {
  if (taskToken === undefined) return { ready: false, change: { id: 'c', answer: { ok: true, repository: to?.url } } }
  void waiters.succeed(taskToken, { ...change?.answer, result: 'committed' })
  return { handedOver: change?.id }
}

const asItIs = { ready: true, ok: true, repository: part.url, result: 'unchanged', files: 0 }

async function run(machine: MachineName, input: object, answers: Answers = {}) {
  vi.useFakeTimers()
  const calls: { name: string; payload: Payload }[] = []
  const entered: string[] = []
  const tokens = createTaskTokens({ clock: systemClock })
  const functions = Object.fromEntries(
    Object.keys(usual).map((name) => [
      name,
      async (payload: unknown) => {
        const before = calls.filter((call) => call.name === name).length
        calls.push({ name, payload: payload as Payload })
        return (answers[name] ?? usual[name])?.(payload as Payload, before, tokens.waiters)
      },
    ]),
  )
  try {
    const execution = createStateMachines({
      functions,
      concurrency: 4,
      tokens,
      onEvent: ({ what, state }) => {
        if (what === 'entered') entered.push(state)
      },
    }).start(machine, input, 'one').result
    let settled = false
    void execution.finally(() => (settled = true))
    while (!settled) await vi.advanceTimersByTimeAsync(1000)
    const ended = await execution
    return {
      ended,
      entered,
      calls,
      called: (name: string) => calls.filter((call) => call.name === name).map(({ payload }) => payload),
      waiting: tokens.waiting,
    }
  } finally {
    vi.useRealTimers()
  }
}

const workload = { workload: 'policy-admin/quotes', reason: 'test' }

describe('every machine', () => {
  const inputs: Record<string, object> = {
    'reconcile-source': { source: 'repo', reason: 'push' },
    'reconcile-system': { system: 'policy-admin', reason: 'test' },
    'reconcile-workload': workload,
    'rotate-credential': workload,
    'retire-workload': workload,
  }
  it.each(Object.keys(inputs) as MachineName[])(
    '%s ends, and does nothing, when another holds the lease',
    async (machine) => {
      const { ended, calls } = await run(machine, inputs[machine] as object, {
        LeaseFunction: () => ({ ...held, result: 'coalesced', work: 'nothing', fence: 0 }),
      })
      expect(ended).toMatchObject({ ok: true, output: { result: 'coalesced' } })
      expect(calls.map(({ name }) => name)).toEqual(['LeaseFunction'])
    },
  )

  it.each(Object.keys(inputs) as MachineName[])(
    '%s lets go at once when there is nothing for it to do',
    async (machine) => {
      const { ended, called } = await run(machine, inputs[machine] as object, {
        LeaseFunction: ({ operation }) =>
          operation === 'acquire' ? { ...held, work: 'nothing', due: 0 } : { result: 'released' },
      })
      expect(ended.ok).toBe(true)
      expect(called('LeaseFunction').at(-1)).toMatchObject({ operation: 'release', fence: 7, due: 0 })
      expect(called('CommitFunction')).toEqual([])
    },
  )

  it.each(Object.keys(inputs) as MachineName[])('%s holds the lease in its own execution’s name', async (machine) => {
    const { called } = await run(machine, inputs[machine] as object)
    expect(called('LeaseFunction')[0]).toMatchObject({ operation: 'acquire', holder: `${machine}:one` })
  })

  it.each(Object.keys(inputs) as MachineName[])(
    '%s goes round again when something changed while it held the lease',
    async (machine) => {
      let releases = 0
      const work = machine === 'retire-workload' ? retiring : held
      const { called } = await run(machine, inputs[machine] as object, {
        LeaseFunction: ({ operation }) =>
          operation === 'acquire' ? work : { result: releases++ === 0 ? 'again' : 'released' },
      })
      expect(called('LeaseFunction').map(({ operation }) => operation)).toEqual([
        'acquire',
        'release',
        'acquire',
        'release',
      ])
    },
  )
})

describe('reconcile-workload', () => {
  it('provisions all branches at once, commits each repository, reports, and lets go with what the report says is due', async () => {
    const { ended, called } = await run('reconcile-workload', workload)
    expect(ended).toMatchObject({ ok: true, output: { phase: 'Ready' } })
    expect(called('EcrFunction')).toEqual([{ workload: workload.workload, fence: 7 }])
    expect(called('IamFunction').map(({ cluster }) => cluster)).toEqual(['dev', 'prod'])
    expect(called('CommitFunction')).toEqual([
      {
        operation: 'commit',
        workload: workload.workload,
        part,
        reason: 'test',
        execution: 'reconcile-workload:one',
        fence: 7,
        outcomes: expect.any(Array),
      },
      {
        operation: 'hand-over',
        kind: 'Workload',
        name: workload.workload,
        fence: 7,
        change: expect.objectContaining({ id: 'c' }),
        taskToken: expect.any(String),
      },
    ])
    expect(called('ReportFunction')[0]?.['commits']).toEqual([{ ok: true, repository: part.url, result: 'committed' }])
    expect(called('ReportFunction')[0]).toMatchObject({ operation: 'workload', generation: 4 })
    expect(called('LeaseFunction').at(-1)).toMatchObject({ operation: 'release', due: 99 })
  })

  it.each(['EcrFunction', 'IamFunction', 'NatsFunction', 'SecretsFunction'])(
    'a branch that fails for good does not hold up the others, and comes out as data: %s',
    async (name) => {
      const { ended, called } = await run('reconcile-workload', workload, {
        [name]: () => {
          throw new Terminal('no such thing')
        },
      })
      expect(ended.ok).toBe(true)
      expect(called(name)).toHaveLength(name === 'EcrFunction' ? 1 : 2)
      const outcomes = JSON.stringify(called('ReportFunction')[0]?.['outcomes'])
      expect(outcomes).toContain('"error":{"Error":"Terminal","Cause":"no such thing"}')
      expect(outcomes.match(/"ok":true/g)).toHaveLength(name === 'EcrFunction' ? 6 : 5)
    },
  )

  it.each([
    ['RetryLater', 7, () => new RetryLater('throttled')],
    ['Conflict', 3, () => new Conflict('old fence')],
    ['an unknown error', 1, () => new Error('boom')],
  ])('%s is tried %i times, then the branch ends as data', async (_name, times, error) => {
    const { ended, called } = await run('reconcile-workload', workload, {
      EcrFunction: () => {
        throw error()
      },
    })
    expect(ended.ok).toBe(true)
    expect(called('EcrFunction')).toHaveLength(times)
    expect(called('CommitFunction').map(({ operation }) => operation)).toEqual(['commit', 'hand-over'])
  })

  it('an error that passes is retried, and the retry’s result counts', async () => {
    const { called } = await run('reconcile-workload', workload, {
      EcrFunction: (_payload, call) => {
        if (call < 2) throw new RetryLater('throttled')
        return { capability: 'ecr', ok: true }
      },
    })
    expect(JSON.stringify(called('ReportFunction')[0]?.['outcomes'])).not.toContain('error')
  })

  it('a function that never answers times out, is tried once more, and ends as data', async () => {
    const { called } = await run('reconcile-workload', workload, { EcrFunction: () => new Promise(() => undefined) })
    expect(called('EcrFunction')).toHaveLength(2)
    expect(JSON.stringify(called('ReportFunction')[0]?.['outcomes'])).toContain('States.Timeout')
  })

  it('a repository that cannot be written does not hold up another one', async () => {
    const other = { ...part, url: 'https://git.example/prod.git', clusters: ['prod'] }
    const { called } = await run('reconcile-workload', workload, {
      LeaseFunction: ({ operation }) =>
        operation === 'acquire' ? { ...held, repositories: [part, other] } : { result: 'released' },
      CommitFunction: (payload, call, waiters) => {
        if (payload.part?.url === part.url) throw new Terminal('protected branch')
        return commits(payload, call, waiters)
      },
    })
    expect(called('ReportFunction')[0]?.['commits']).toEqual([
      { ok: false, repository: part.url, error: { Error: 'Terminal', Cause: 'protected branch' } },
      { ok: true, repository: other.url, result: 'committed' },
    ])
  })

  it('a workload without placements is still reported', async () => {
    const { ended, called } = await run('reconcile-workload', workload, {
      LeaseFunction: ({ operation }) =>
        operation === 'acquire' ? { ...held, placements: [], repositories: [] } : { result: 'released' },
    })
    expect(ended.ok).toBe(true)
    expect(called('ReportFunction')).toHaveLength(1)
  })

  it('keeps the lease when reporting fails: the sweep takes it up when the lease runs out', async () => {
    const { ended, called } = await run('reconcile-workload', workload, {
      ReportFunction: () => {
        throw new Terminal('no store')
      },
    })
    expect(ended.ok).toBe(false)
    expect(called('LeaseFunction')).toHaveLength(1)
  })

  it('a changing run with one placement takes at most 25 state transitions', async () => {
    const { ended, entered } = await run('reconcile-workload', workload, {
      LeaseFunction: ({ operation }) =>
        operation === 'acquire' ? { ...held, placements: [{ cluster: 'dev' }] } : { result: 'released' },
    })
    expect(ended.ok).toBe(true)
    expect(entered).toContain('Secrets')
    expect(entered).toContain('HandOver')
    process.stdout.write(`a changing reconcile of one placement: ${entered.length} state transitions\n`)
    expect(entered.length).toBeLessThanOrEqual(25)
  })

  it('one that finds everything as it should be takes no more of them, and hands nothing over', async () => {
    const { entered, called } = await run('reconcile-workload', workload, {
      LeaseFunction: ({ operation }) =>
        operation === 'acquire' ? { ...held, placements: [{ cluster: 'dev' }] } : { result: 'released' },
      CommitFunction: () => asItIs,
    })
    expect(called('CommitFunction').map(({ operation }) => operation)).toEqual(['commit'])
    expect(called('ReportFunction')[0]?.['commits']).toEqual([asItIs])
    process.stdout.write(`one that changes nothing: ${entered.length} state transitions\n`)
    expect(entered.length).toBeLessThanOrEqual(25)
  })
})

describe('waiting for a commit', () => {
  /** Input, and the commit outcomes that the machine ends with where each branch fails alone. */
  const machines = [
    ['reconcile-workload', workload],
    ['rotate-credential', workload],
    ['reconcile-system', { system: 'policy-admin', reason: 'test' }],
  ] as const
  const outcomes = ({ called }: Awaited<ReturnType<typeof run>>) => called('ReportFunction')[0]?.['commits'] as unknown
  const failed = (Error: string, Cause: string) => [{ ok: false, repository: part.url, error: { Error, Cause } }]
  const tokensOf = ({ called }: Awaited<ReturnType<typeof run>>) =>
    called('CommitFunction').flatMap(({ taskToken }) => taskToken ?? [])

  it.each(machines)('%s takes what the writer says for the outcome, whenever it comes', async (machine, input) => {
    const ran = await run(machine, input, {
      CommitFunction: (payload, _call, waiters) => {
        if (payload.taskToken === undefined) return { ready: false, change: { id: 'c', answer: {} } }
        const { taskToken } = payload
        setTimeout(() => void waiters.succeed(taskToken, { ok: true, repository: part.url, files: 3 }), 500_000)
        return { handedOver: 'c' }
      },
    })
    expect(ran.ended.ok).toBe(true)
    expect(outcomes(ran)).toEqual([{ ok: true, repository: part.url, files: 3 }])
  })

  it.each(machines)('%s: a change that cannot be committed is an outcome like any other', async (machine, input) => {
    const ran = await run(machine, input, {
      CommitFunction: (payload, call, waiters) => {
        if (payload.taskToken === undefined) return commits(payload, call, waiters)
        void waiters.fail(payload.taskToken, { type: 'Terminal', message: 'in the way' })
        return { handedOver: 'c' }
      },
    })
    expect(ran.ended.ok).toBe(true)
    expect(outcomes(ran)).toEqual(failed('Terminal', expect.stringContaining('in the way') as string))
    expect(tokensOf(ran)).toHaveLength(1)
  })

  it.each([
    [
      'fails in a way that passes',
      7,
      (token: string, waiters: Waiters) => void waiters.fail(token, { type: 'RetryLater', message: 'git is down' }),
    ],
    ['says nothing in its time', 2, () => undefined],
  ] as const)(
    'where the writer %s, it is asked %i times, each with a token of its own',
    async (_what, times, answer) => {
      const ran = await run('reconcile-workload', workload, {
        CommitFunction: (payload, call, waiters) => {
          if (payload.taskToken === undefined) return commits(payload, call, waiters)
          answer(payload.taskToken, waiters)
          return { handedOver: 'c' }
        },
      })
      expect(tokensOf(ran)).toHaveLength(times)
      expect(new Set(tokensOf(ran)).size).toBe(times)
      expect(outcomes(ran)).toMatchObject([
        { ok: false, error: { Error: times === 2 ? 'States.Timeout' : 'RetryLater' } },
      ])
      expect(ran.waiting).toBe(0)
    },
  )

  it('a call that fails ends the task: nobody waits for what was not handed over', async () => {
    const ran = await run('reconcile-workload', workload, {
      CommitFunction: (payload, call, waiters) => {
        if (payload.taskToken === undefined) return commits(payload, call, waiters)
        throw new Terminal('too much for a record')
      },
    })
    expect(outcomes(ran)).toEqual(failed('Terminal', 'too much for a record'))
    expect(ran.waiting).toBe(0)
  })

  it('a control plane that stops waits for no token, and nobody waits with it any more', async () => {
    const tokens = createTaskTokens({ clock: systemClock })
    const handedOver = Promise.withResolvers<string>()
    const functions = Object.fromEntries(
      Object.keys(usual).map((name) => [
        name,
        async (payload: unknown) => {
          const { taskToken } = payload as Payload
          if (taskToken === undefined) return usual[name]?.(payload as Payload, 0, tokens.waiters)
          handedOver.resolve(taskToken)
          return { handedOver: 'c' }
        },
      ]),
    )
    const machines = createStateMachines({ functions, concurrency: 4, tokens })
    const { result } = machines.start('reconcile-workload', workload, 'one')
    const token = await handedOver.promise
    await machines.stop()
    expect((await result).ok).toBe(false)
    expect(await tokens.waiters.succeed(token, {})).toBe('gone')
  })

  it('an answer to a token of an earlier attempt, or a second one, is an answer to nobody', async () => {
    const told: string[] = []
    await run('reconcile-workload', workload, {
      CommitFunction: async (payload, call, waiters) => {
        if (payload.taskToken === undefined) return commits(payload, call, waiters)
        const { taskToken } = payload
        told.push(await waiters.fail(taskToken, { type: 'Terminal', message: 'no' }))
        told.push(await waiters.succeed(taskToken, {}), await waiters.succeed('made up', {}))
        return { handedOver: 'c' }
      },
    })
    expect(told).toEqual(['told', 'gone', 'gone'])
  })
})

describe('rotate-credential', () => {
  const one: Answers = {
    LeaseFunction: ({ operation }) =>
      operation === 'acquire' ? { ...held, placements: [{ cluster: 'dev' }] } : { result: 'released' },
  }

  it('goes through the steps of both kinds of entries, one after the other, then commits, reports and lets go', async () => {
    const { ended, calls, called } = await run('rotate-credential', workload, one)
    expect(ended).toMatchObject({ ok: true, output: { phase: 'Ready' } })
    const steps = (name: string) => called(name).map(({ through, cluster }) => `${String(through)} ${cluster}`)
    expect(steps('NatsFunction')).toEqual(
      ['issue', 'stage', 'verify', 'promote', 'revoke', 'prune'].map((step) => `${step} dev`),
    )
    expect(steps('SecretsFunction')).toEqual(['stage', 'promote', 'prune'].map((step) => `${step} dev`))
    expect(called('IamFunction')).toEqual([{ workload: workload.workload, fence: 7, cluster: 'dev' }])
    const names = calls.map(({ name }) => name)
    expect(names.slice(-4)).toEqual(['CommitFunction', 'CommitFunction', 'ReportFunction', 'LeaseFunction'])
    expect(called('LeaseFunction').at(-1)).toMatchObject({ operation: 'release', due: 99 })
  })

  it('hands on what the last step of each kind answered, and nothing of the steps before', async () => {
    const { called } = await run('rotate-credential', workload, {
      ...one,
      NatsFunction: ({ cluster, through }) => ({ capability: 'nats', cluster, ok: true, output: { through } }),
    })
    const outcomes = [called('CommitFunction')[0]?.['outcomes']].flat(9) as unknown[]
    expect(outcomes).toEqual([
      { capability: 'ecr', ok: true },
      { capability: 'iam', cluster: 'dev', ok: true },
      { capability: 'nats', cluster: 'dev', ok: true, output: { through: 'prune' } },
      { capability: 'secrets', cluster: 'dev', ok: true },
    ])
  })

  it.each([
    ['NatsFunction', 'issue', 0],
    ['NatsFunction', 'verify', 2],
    ['NatsFunction', 'prune', 5],
    ['SecretsFunction', 'stage', 0],
    ['SecretsFunction', 'prune', 2],
  ])('%s that fails at %s goes no further, and holds up nothing else', async (name, step, before) => {
    const { ended, called } = await run('rotate-credential', workload, {
      ...one,
      [name]: ({ through, cluster }: Payload) => {
        if (through === step) throw new Terminal('denied')
        return { capability: 'x', cluster, ok: true }
      },
    })
    expect(ended.ok).toBe(true)
    expect(called(name)).toHaveLength(before + 1)
    expect(called(name === 'NatsFunction' ? 'SecretsFunction' : 'NatsFunction').at(-1)).toMatchObject({
      through: 'prune',
    })
    expect(JSON.stringify(called('ReportFunction')[0]?.['outcomes'])).toContain('"Cause":"denied"')
  })

  it('with one placement takes at most 25 state transitions', async () => {
    const { entered } = await run('rotate-credential', workload, one)
    expect(entered).toContain('NatsVerify')
    expect(entered).toContain('HandOver')
    process.stdout.write(`a rotation with one placement: ${entered.length} state transitions\n`)
    expect(entered.length).toBeLessThanOrEqual(25)
  })
})

describe('reconcile-source', () => {
  const input = { source: 'repo', reason: 'push' }
  it('hands its reason to the reading', async () => {
    const { called } = await run('reconcile-source', input)
    expect(called('SourceFunction')).toEqual([{ operation: 'read', source: 'repo', fence: 7, reason: 'push' }])
  })

  it('a source that cannot be read is told why, lets go, is due again, and fails by name', async () => {
    const { ended, called } = await run('reconcile-source', input, {
      SourceFunction: ({ operation }) => {
        if (operation === 'read') throw new RetryLater('unreachable')
      },
    })
    expect(ended.ok).toBe(false)
    const error = { Error: 'RetryLater', Cause: 'unreachable' }
    expect(called('SourceFunction').at(-1)).toEqual({ operation: 'failed', source: 'repo', fence: 7, error })
    expect(called('LeaseFunction').at(-1)).toMatchObject({ operation: 'release', failed: true })
  })
})

describe('the check of a pushed commit', () => {
  const input = { source: 'repo', reason: 'push' }
  const found: Answers = { SourceFunction: () => ({ result: 'admitted', due: null, check: 'c1' }) }

  it('is asked for by commit, after the lease is let go, when there is something to show', async () => {
    const { ended, calls, called } = await run('reconcile-source', input, found)
    expect(ended).toMatchObject({ ok: true, output: { result: 'admitted' } })
    expect(called('CheckFunction')).toEqual([{ operation: 'push', source: 'repo', commit: 'c1' }])
    expect(calls.map(({ name }) => name)).toEqual(['LeaseFunction', 'SourceFunction', 'LeaseFunction', 'CheckFunction'])
  })

  it('is not asked for, and costs no state, when there is nothing to show', async () => {
    const { called, entered } = await run('reconcile-source', input)
    expect(called('CheckFunction')).toEqual([])
    expect(entered).toEqual(['Acquire', 'Held', 'Read', 'Release', 'Settled', 'Done'])
  })

  it('waits for the last round when the source changed meanwhile', async () => {
    let releases = 0
    const { called } = await run('reconcile-source', input, {
      ...found,
      LeaseFunction: ({ operation }) =>
        operation === 'acquire' ? held : { result: releases++ === 0 ? 'again' : 'released' },
    })
    expect(called('CheckFunction')).toHaveLength(1)
  })

  it.each([
    ['RetryLater', 7, () => new RetryLater('GitHub is down')],
    ['Conflict', 3, () => new Conflict('somebody wrote')],
    ['Terminal', 1, () => new Terminal('no permission')],
    ['an unknown error', 1, () => new Error('boom')],
  ])('that ends with %s is tried %i times, and the reading counts all the same', async (_name, times, error) => {
    const { ended, called } = await run('reconcile-source', input, {
      ...found,
      CheckFunction: () => {
        throw error()
      },
    })
    expect(ended).toMatchObject({ ok: true, output: { result: 'admitted' } })
    expect(called('CheckFunction')).toHaveLength(times)
  })
})

describe('check-pull-request', () => {
  const input = { source: 'repo', number: 7 }

  it('asks for the check by number, and for nothing else', async () => {
    const { ended, calls } = await run('check-pull-request', input)
    expect(ended).toMatchObject({ ok: true, output: { check: { value: { result: 'written' } } } })
    expect(calls).toEqual([
      { name: 'CheckFunction', payload: { operation: 'pull-request', source: 'repo', number: 7 } },
    ])
  })

  it('tries thirty times more while the host is down, and then fails', async () => {
    const { ended, called } = await run('check-pull-request', input, {
      CheckFunction: () => {
        throw new RetryLater('GitHub is down')
      },
    })
    expect(ended.ok).toBe(false)
    expect(called('CheckFunction')).toHaveLength(31)
  })
})

describe('reconcile-system', () => {
  const input = { system: 'policy-admin', reason: 'test' }
  it('a cluster that fails does not hold up another one', async () => {
    const { ended, called } = await run('reconcile-system', input, {
      TenancyFunction: ({ cluster }) => {
        if (cluster === 'dev') throw new Terminal('denied')
        return { capability: 'tenancy', cluster, ok: true }
      },
    })
    expect(ended.ok).toBe(true)
    expect(called('CommitFunction')[0]?.['outcomes']).toEqual([
      { capability: 'tenancy', ok: false, cluster: 'dev', error: { Error: 'Terminal', Cause: 'denied' } },
      { capability: 'tenancy', cluster: 'prod', ok: true },
    ])
  })

  it('a repository that fails is reported', async () => {
    const { called } = await run('reconcile-system', input, {
      CommitFunction: () => {
        throw new Terminal('denied')
      },
    })
    expect(called('ReportFunction')[0]?.['commits']).toEqual([
      { ok: false, repository: part.url, error: { Error: 'Terminal', Cause: 'denied' } },
    ])
  })
})

describe('retire-workload', () => {
  const lease: Answers = {
    LeaseFunction: ({ operation }) => (operation === 'acquire' ? retiring : { result: 'released' }),
  }

  it('removes Applications, then what is confirmed gone, then what is outside, in this order', async () => {
    const { ended, calls } = await run('retire-workload', workload, lease)
    expect(ended.ok).toBe(true)
    const order = calls.map(({ name, payload }) => [name, payload.operation].filter(Boolean).join(' '))
    const first = [
      'LeaseFunction acquire',
      'CommitFunction remove-applications',
      'CommitFunction hand-over',
      'ReportFunction confirmed',
      'CommitFunction remove-manifests',
      'CommitFunction hand-over',
    ]
    expect(order.slice(0, 6)).toEqual(first)
    expect(order.slice(6, 10).toSorted()).toEqual(['EcrFunction', 'IamFunction', 'NatsFunction', 'SecretsFunction'])
    expect(order.slice(10)).toEqual(['ReportFunction finish', 'LeaseFunction release'])
  })

  it('removes nothing else, and lets go, while nobody has confirmed', async () => {
    const { called } = await run('retire-workload', workload, {
      ...lease,
      ReportFunction: ({ operation }) =>
        operation === 'confirmed'
          ? { gone: [], repositories: [], whole: false, proceed: false }
          : { phase: 'Retiring', due: 5 },
    })
    expect(called('CommitFunction').map(({ operation }) => operation)).toEqual(['remove-applications', 'hand-over'])
    expect(called('ReportFunction')[0]).toMatchObject({
      operation: 'confirmed',
      removals: [{ ok: true, repository: part.url, result: 'committed' }],
    })
    expect(called('IamFunction')).toEqual([])
    expect(called('ReportFunction').at(-1)).toMatchObject({ operation: 'finish', outcomes: [], whole: false })
    expect(called('LeaseFunction').at(-1)).toMatchObject({ operation: 'release', due: 5 })
  })

  it('keeps the repository of a workload that only leaves one cluster', async () => {
    const { called } = await run('retire-workload', workload, {
      ...lease,
      ReportFunction: ({ operation }) =>
        operation === 'confirmed'
          ? { gone: [{ cluster: 'dev' }], repositories: [part], whole: false, proceed: true }
          : { phase: 'Ready', due: null },
    })
    expect(called('EcrFunction')).toEqual([])
    expect(called('IamFunction')).toHaveLength(1)
  })

  it.each(['remove-applications', 'hand-over', 'remove-manifests'])(
    'deprovisions nothing when %s fails, and lets go until the time that the report says',
    async (operation) => {
      const { ended, called } = await run('retire-workload', workload, {
        ...lease,
        CommitFunction: (payload, call, waiters) => {
          if (payload.operation === operation) throw new Terminal('protected branch')
          return commits(payload, call, waiters)
        },
      })
      expect(ended.ok).toBe(false)
      expect(called('IamFunction')).toEqual([])
      const error = { Error: 'Terminal', Cause: 'protected branch' }
      expect(called('ReportFunction').at(-1)).toMatchObject({ operation: 'removal-failed', error })
      expect(called('LeaseFunction').at(-1)).toMatchObject({ operation: 'release', due: 99 })
    },
  )

  it.each(['EcrFunction', 'IamFunction', 'NatsFunction', 'SecretsFunction'])(
    'what cannot be deprovisioned is reported: %s',
    async (name) => {
      const { called } = await run('retire-workload', workload, {
        ...lease,
        [name]: () => {
          throw new Terminal('denied')
        },
      })
      expect(JSON.stringify(called('ReportFunction').at(-1)?.['outcomes'])).toContain('denied')
    },
  )
})

describe('reconcile-fleet', () => {
  const input = {
    shard: 'place/1/eu-west-1',
    kind: 'place',
    account: '1',
    region: 'eu-west-1',
    url: null,
    branch: null,
  }

  it('looks at its shard in its own execution’s name, and at nothing else', async () => {
    const { ended, calls } = await run('reconcile-fleet', input)
    expect(ended).toMatchObject({ ok: true, output: { result: 'ended', compared: 3 } })
    expect(calls).toEqual([{ name: 'FleetFunction', payload: { ...input, execution: 'reconcile-fleet:one' } }])
  })

  it('has a branch looked at by the function that has the keys to it', async () => {
    const branch = { ...input, kind: 'repository', account: null, region: null, url: part.url, branch: 'main' }
    const { ended, calls } = await run('reconcile-fleet', branch)
    expect(ended).toMatchObject({ ok: true, output: { compared: 5 } })
    expect(calls).toEqual([{ name: 'BranchesFunction', payload: { ...branch, execution: 'reconcile-fleet:one' } }])
  })

  it.each([
    ['RetryLater', 4, () => new RetryLater('throttled')],
    ['Conflict', 3, () => new Conflict('another look has begun')],
    ['Terminal', 1, () => new Terminal('no permission')],
  ])(
    'tries again after %s, %i times in all, by the same name; the schedule does the rest',
    async (_name, times, error) => {
      const { ended, called } = await run('reconcile-fleet', input, {
        FleetFunction: () => {
          throw error()
        },
      })
      expect(ended.ok).toBe(false)
      expect(called('FleetFunction')).toHaveLength(times)
      expect(new Set(called('FleetFunction').map(({ execution }) => execution)).size).toBe(1)
    },
  )
})
